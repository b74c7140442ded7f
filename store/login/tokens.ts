import { createHash, randomBytes } from 'node:crypto';
import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';

/** A token as its owner sees it. Times in milliseconds since the epoch; `usedAt` to the hour, undefined when never used. */
export type Device = {
  tokenId: string;
  deviceName: string | undefined;
  createdAt: number;
  usedAt: number | undefined;
  expiresAt: number;
};
type Kept = Omit<Device, 'tokenId'>;

export type Issued = { token: string; tokenId: string; expiresAt: number };

/** Tokens of one subscriber; one more pushes the oldest out. */
export const MOST_TOKENS = 20;
const HOUR = 3_600_000;
/** The subscriber's id, then 256 random bits. */
const SHAPE = /^est_([\w-]{1,64})\.[\w-]{43}$/;

/** KEYS: tokens. ARGV: token id, token, now, most. Takes away what has expired, the former of the same device, and the oldest over the limit. */
const ISSUE = `
local new, now, kept, last = cjson.decode(ARGV[2]), tonumber(ARGV[3]), {}, tonumber(cjson.decode(ARGV[2]).expiresAt)
local entries = redis.call('HGETALL', KEYS[1])
for i = 1, #entries, 2 do
  local old = cjson.decode(entries[i + 1])
  if old.expiresAt <= now or (new.deviceName and old.deviceName == new.deviceName) then redis.call('HDEL', KEYS[1], entries[i])
  else kept[#kept + 1] = {entries[i], old.createdAt} last = math.max(last, old.expiresAt) end
end
table.sort(kept, function(a, b) return a[2] < b[2] end)
for i = 1, #kept - tonumber(ARGV[4]) + 1 do redis.call('HDEL', KEYS[1], kept[i][1]) end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIREAT', KEYS[1], string.format('%d', last))`;

/** KEYS: tokens, record. ARGV: token id, token, hour. One that was revoked meanwhile stays revoked; its subscriber was heard of (`store/subscriber/hearing.ts`). */
const NOTE_USE = `
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HSET', KEYS[2], 'heardAt', ARGV[3]) end`;

/**
 * Subscribers' tokens, one for each device: a hash for each subscriber, from SHA-256 of the token to what is known of it. A
 * token names its subscriber, so there is one place where it is or is not, and no other to be kept in step with it.
 */
export function createTokens(redis: Redis, keys: Keys) {
  async function device(id: string, tokenId: string, now: number): Promise<Kept | undefined> {
    const json = await redis.hGet(keys.tokens(id), tokenId);
    const kept = json ? (JSON.parse(json) as Kept) : undefined;
    return kept && kept.expiresAt > now ? kept : undefined;
  }

  return {
    /** The token is shown this once. One of the same device name is replaced; without a name none is. `lifetime`: milliseconds. */
    async issue(id: string, deviceName: string | undefined, lifetime: number, now: number): Promise<Issued> {
      const token = `est_${id}.${randomBytes(32).toString('base64url')}`;
      const kept: Kept = { deviceName, createdAt: now, usedAt: undefined, expiresAt: now + lifetime };
      await redis.eval(ISSUE, {
        keys: [keys.tokens(id)],
        arguments: [hashOf(token), JSON.stringify(kept), `${now}`, `${MOST_TOKENS}`],
      });
      return { token, tokenId: hashOf(token), expiresAt: kept.expiresAt };
    },

    /** Whose token this is, and which; undefined when unknown, revoked or expired. Notes the hour of its use. */
    async ownerOf(token: string, now: number): Promise<{ id: string; tokenId: string } | undefined> {
      const [, id] = SHAPE.exec(token) ?? [];
      if (id === undefined) return undefined;
      const tokenId = hashOf(token);
      const kept = await device(id, tokenId, now);
      if (!kept) return undefined;
      const usedAt = now - (now % HOUR);
      if (kept.usedAt !== usedAt)
        await redis.eval(NOTE_USE, {
          keys: [keys.tokens(id), keys.subscriber(id)],
          arguments: [tokenId, JSON.stringify({ ...kept, usedAt }), `${usedAt}`],
        });
      return { id, tokenId };
    },

    /** Those that are valid, the newest first. */
    async list(id: string, now: number): Promise<Device[]> {
      const entries = Object.entries(await redis.hGetAll(keys.tokens(id)));
      return entries
        .map(([tokenId, json]): Device => ({ tokenId, ...(JSON.parse(json) as Kept) }))
        .filter(({ expiresAt }) => expiresAt > now)
        .sort((a, b) => b.createdAt - a.createdAt);
    },

    /** False when there is no such token. */
    async revoke(id: string, tokenId: string): Promise<boolean> {
      return (await redis.hDel(keys.tokens(id), tokenId)) === 1;
    },

    async revokeAll(id: string): Promise<void> {
      await redis.del(keys.tokens(id));
    },
  };
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
