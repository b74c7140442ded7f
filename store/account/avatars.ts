import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { askSubscribers } from '../base/partitions.ts';
import { asYes, defineLua, defineScript } from '../base/script.ts';
import { GRACE } from '../due/due.ts';
import { dueOf } from '../due/makes-due.ts';

/**
 * What is known of the avatar of the account `jid`. `hint`: the digest that its last presence
 * announced, if one did. `hash`: SHA-1 in hexadecimal of the image that is kept; empty when the
 * account has none, undefined when nobody has looked. `paid`: see `turnOf`.
 */
export type KnownAvatar = {
  jid: string | undefined;
  hint: string | undefined;
  hash: string | undefined;
  paid: number;
};

/** An image as it is kept: its SHA-1 in hexadecimal, and itself as a `data:` URI. */
export type Avatar = { hash: string; image: string };

/** Stands for a hint that nobody has given; hints come in small letters. */
const NO_HINT = 'UNKNOWN';

/**
 * Lua: whether the account at `jid` is the active subscriber's. Who is not must get no picture, or
 * it would be kept for ever.
 */
const OWNED = defineLua({
  keys: ['record', 'avatar', 'due'],
  args: ['id', 'jid', 'hint'],
  lua: `
local function isOwned()
  local state = redis.call('HMGET', record, 'state', 'jid')
  return state[1] == 'active' and state[2] == jid
end`,
});

/**
 * Notes the hint and makes the subscriber due if there is something to look at, in one step. What
 * was known of another account is forgotten.
 */
const ASK = defineScript({
  uses: [OWNED],
  args: ['dueAt'],
  reply: asYes,
  lua: `
if not isOwned() then return 0 end
local known = redis.call('HMGET', avatar, 'jid', 'hint', 'hash')
local same = known[1] == jid
if not same then
  redis.call('DEL', avatar)
  redis.call('HSET', avatar, 'jid', jid)
end
if hint == '${NO_HINT}' then
  if same then return 0 end
else
  if same and known[2] == hint then return 0 end
  redis.call('HSET', avatar, 'hint', hint)
  if same and known[3] == hint then return 0 end
end
redis.call('ZADD', due, dueAt, id)
return 1`,
});

/**
 * Keeps what was found; the due time stays if another hint came after the one that was seen. 1 when
 * another image is shown now.
 */
const SETTLE = defineScript({
  uses: [OWNED],
  args: ['at', 'paid', 'hash', 'image'],
  reply: asYes,
  lua: `
if not isOwned() then return 0 end
local known = redis.call('HMGET', avatar, 'jid', 'hint', 'hash')
if known[1] ~= jid then
  redis.call('DEL', avatar)
  known = { false, false, false }
end
redis.call('HSET', avatar, 'jid', jid, 'at', at, 'paid', paid, 'hash', hash)
if hash == '' then redis.call('HDEL', avatar, 'image')
elseif image ~= '' then redis.call('HSET', avatar, 'image', image) end
if (known[2] or '${NO_HINT}') == hint then redis.call('ZREM', due, id) end
return (known[3] or '') ~= hash and 1 or 0`,
});

/**
 * The picture that a subscriber's account publishes itself: hash `avatar` (`jid`, `hint`, `hash`, `paid` as in `KnownAvatar`, `image` as a `data:` URI, which
 * is how it is given out, and `at`: when it was looked at). Who is in the due list `avatar` has to be looked at.
 */
export function createAvatars(redis: Redis, keys: Keys) {
  const places = (id: string) => ({
    record: keys.subscriber(id),
    avatar: keys.avatar(id),
    due: dueOf(keys, 'avatarAsked', id),
  });

  return {
    /**
     * The account at `jid` may have another avatar than is known; `hint`: the digest that it announces, empty for none. True when it has to be
     * looked at; without a hint only if it never was.
     */
    async ask(id: string, jid: string, hint: string | undefined, now: number): Promise<boolean> {
      return ASK.run(redis, places(id), { id, jid, hint: hint ?? NO_HINT, dueAt: now + GRACE });
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
      return SETTLE.run(redis, places(id), { id, jid, hint: hint ?? NO_HINT, at, paid, hash: digest, image });
    },

    /** What the account at `jid` shows; undefined for nothing. */
    async shown(id: string, jid: string): Promise<Avatar | undefined> {
      const [owner, hash, image] = await redis.hmGet(keys.avatar(id), ['jid', 'hash', 'image']);
      return owner === jid && hash && image ? { hash, image } : undefined;
    },

    /** For each: the SHA-1 in hexadecimal of the picture that the account shows; undefined where it shows none. */
    async hashesOf(people: readonly { id: string; jid: string }[]): Promise<(string | undefined)[]> {
      const ids = people.map(({ id }) => id);
      const found = await askSubscribers(redis, ids, (batch, id) => batch.hmGet(keys.avatar(id), ['jid', 'hash']));
      return found.map((fields, i) => {
        const [jid, hash] = fields as (string | null)[];
        return jid === people[i]?.jid && hash ? hash : undefined;
      });
    },

    /** What is kept, and when it was looked at. */
    async kept(id: string): Promise<{ jid: string; image: string | undefined; at: number } | undefined> {
      const { jid, image, at } = await redis.hGetAll(keys.avatar(id));
      return jid === undefined || at === undefined ? undefined : { jid, image, at: Number(at) };
    },
  };
}
