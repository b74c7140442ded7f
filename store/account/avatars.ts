import type { Redis } from '../../runtime/redis.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { askSubscribers } from '../base/partitions.ts';

/**
 * What is known of the avatar of the account `jid`. `hint`: the digest in its last presence, if there was one; `hash`: SHA-1 in hexadecimal of the image
 * that is kept, empty when it has none, undefined when nobody has looked. `paid`: see `turnOf`.
 */
export type KnownAvatar = {
  jid: string | undefined;
  hint: string | undefined;
  hash: string | undefined;
  paid: number;
};

/** An image as it is kept: its SHA-1 in hexadecimal, and itself as a `data:` URI. */
export type Avatar = { hash: string; image: string };

/** Stands for a hint that nobody has given. */
const NO_HINT = '?';

/**
 * KEYS: record, avatar, due. ARGV: id, JID, hint, due time. 1 when there is something to look at. What was known of another account is
 * forgotten.
 */
const ASK = `
local record = redis.call('HMGET', KEYS[1], 'state', 'jid')
if record[1] ~= 'active' or record[2] ~= ARGV[2] then return 0 end
local known = redis.call('HMGET', KEYS[2], 'jid', 'hint', 'hash')
local same = known[1] == ARGV[2]
if not same then
  redis.call('DEL', KEYS[2])
  redis.call('HSET', KEYS[2], 'jid', ARGV[2])
end
if ARGV[3] == '${NO_HINT}' then
  if same then return 0 end
else
  if same and known[2] == ARGV[3] then return 0 end
  redis.call('HSET', KEYS[2], 'hint', ARGV[3])
  if same and known[3] == ARGV[3] then return 0 end
end
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
return 1`;

/** KEYS as above. ARGV: id, JID, the hint that was seen, time, paid, hash, image. 1 when another image is shown now. */
const SETTLE = `
local record = redis.call('HMGET', KEYS[1], 'state', 'jid')
if record[1] ~= 'active' or record[2] ~= ARGV[2] then return 0 end
local known = redis.call('HMGET', KEYS[2], 'jid', 'hint', 'hash')
if known[1] ~= ARGV[2] then
  redis.call('DEL', KEYS[2])
  known = {false, false, false}
end
redis.call('HSET', KEYS[2], 'jid', ARGV[2], 'at', ARGV[4], 'paid', ARGV[5], 'hash', ARGV[6])
if ARGV[6] == '' then redis.call('HDEL', KEYS[2], 'image')
elseif ARGV[7] ~= '' then redis.call('HSET', KEYS[2], 'image', ARGV[7]) end
if (known[2] or '${NO_HINT}') == ARGV[3] then redis.call('ZREM', KEYS[3], ARGV[1]) end
return (known[3] or '') ~= ARGV[6] and 1 or 0`;

/**
 * The picture that a subscriber's account publishes itself: hash `avatar` (`jid`, `hint`, `hash`, `paid` as in `KnownAvatar`, `image` as a `data:` URI, which
 * is how it is given out, and `at`: when it was looked at). Who is in the due list `avatar` has to be looked at.
 */
export function createAvatars(redis: Redis, keys: Keys) {
  const places = (id: string) => [keys.subscriber(id), keys.avatar(id), keys.due('avatar', id)];

  return {
    /**
     * The account at `jid` may have another avatar than is known; `hint`: the digest that it announces, empty for none. True when it has to be
     * looked at; without a hint only if it never was.
     */
    async ask(id: string, jid: string, hint: string | undefined, now: number): Promise<boolean> {
      const reply = await redis.eval(ASK, {
        keys: places(id),
        arguments: [id, jid, hint ?? NO_HINT, `${now + GRACE}`],
      });
      return reply === 1;
    },

    async known(id: string): Promise<KnownAvatar> {
      const fields = await redis.hmGet(keys.avatar(id), ['jid', 'hint', 'hash', 'paid']);
      const [jid, hint, hash, paid] = fields.map((field) => field ?? undefined);
      return { jid, hint, hash, paid: Number(paid ?? 0) };
    },

    /** What `jid` was found to show; `same`: what is kept already. True when friends see another picture now. */
    async settle(
      id: string,
      jid: string,
      { hint, hash = '' }: KnownAvatar,
      found: Avatar | 'same' | undefined,
      { at, paid }: { at: number; paid: number },
    ): Promise<boolean> {
      const { hash: digest, image } = found === 'same' ? { hash, image: '' } : (found ?? { hash: '', image: '' });
      const reply = await redis.eval(SETTLE, {
        keys: places(id),
        arguments: [id, jid, hint ?? NO_HINT, `${at}`, `${paid}`, digest, image],
      });
      return reply === 1;
    },

    /** The pictures of many as `data:` URIs, in the order asked for; undefined where that account shows none. */
    async of(people: readonly { id: string; jid: string }[]): Promise<(string | undefined)[]> {
      const ids = people.map(({ id }) => id);
      const found = await askSubscribers(redis, ids, (batch, id) => batch.hmGet(keys.avatar(id), ['jid', 'image']));
      return found.map((fields, i) => {
        const [jid, image] = fields as (string | null)[];
        return jid === people[i]?.jid ? (image ?? undefined) : undefined;
      });
    },

    /** What is kept, and when it was looked at. */
    async kept(id: string): Promise<{ jid: string; image: string | undefined; at: number } | undefined> {
      const { jid, image, at } = await redis.hGetAll(keys.avatar(id));
      return jid === undefined || at === undefined ? undefined : { jid, image, at: Number(at) };
    },
  };
}
