import { createHash, randomBytes } from 'node:crypto';
import { Fault } from '../../domain/fault.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { readRecord } from '../base/record.ts';
import { asYes, defineScript } from '../base/script.ts';

/** A token as its owner sees it. Times in milliseconds since the epoch; `usedAt` to the hour, undefined when never used. */
export type Device = {
  tokenId: string;
  deviceName: string | undefined;
  createdAt: number;
  usedAt: number | undefined;
  expiresAt: number;
};
type Kept = Omit<Device, 'tokenId'>;

/** `token`: its text, which is told this once and kept as a hash. `expiresAt`: milliseconds since the epoch. */
export type Issued = { token: string; tokenId: string; expiresAt: number };

/** Tokens of one subscriber; one more pushes the oldest out. */
export const MOST_TOKENS = 20;
/** How often a token is issued anew because others are issued or revoked at the same time. */
const ATTEMPTS = 50;
/** Seconds. */
const AGAIN = 1;
const HOUR = 3_600_000;
/** The subscriber's id, then 256 random bits. */
const SHAPE = /^est_([\w-]{1,64})\.[\w-]{43}$/;

/**
 * Puts a token in the place of others (`pushedOut`), and 1; nothing and 0 where the tokens are not those that were
 * `seen`. In one step: of two that are issued at once each has to count the other, or more would stay than may be.
 */
const ISSUE = defineScript({
  keys: ['tokens'],
  args: ['id', 'token', 'ends'],
  lists: ['seen', 'pushedOut'],
  reply: asYes,
  lua: `
if redis.call('HLEN', tokens) ~= #seen then return 0 end
for _, one in ipairs(seen) do
  if redis.call('HEXISTS', tokens, one) == 0 then return 0 end
end
for _, one in ipairs(pushedOut) do redis.call('HDEL', tokens, one) end
redis.call('HSET', tokens, id, token)
redis.call('PEXPIREAT', tokens, ends)
return 1`,
});

/**
 * Notes the hour of a use. A token that was revoked meanwhile stays revoked; its subscriber was
 * heard of (`store/subscriber/hearing.ts`).
 */
const NOTE_USE = defineScript({
  keys: ['tokens', 'record'],
  args: ['id', 'token', 'usedAt'],
  lua: `
if redis.call('HEXISTS', tokens, id) == 0 then return end
redis.call('HSET', tokens, id, token)
if redis.call('EXISTS', record) == 1 then redis.call('HSET', record, 'heardAt', usedAt) end`,
});

/**
 * Subscribers' tokens, one for each device: a hash for each subscriber, from SHA-256 of the token to what is known of it. A
 * token names its subscriber, so there is one place where it is or is not, and no other to be kept in step with it.
 */
export function createTokens(redis: Redis, keys: Keys) {
  /** Those that have expired, too. */
  async function all(id: string): Promise<Device[]> {
    const entries = Object.entries(await redis.hGetAll(keys.tokens(id)));
    return entries.map(([tokenId, json]) => ({ tokenId, ...readRecord<Kept>(json, 'a token') }));
  }

  async function device(id: string, tokenId: string, now: number): Promise<Kept | undefined> {
    const json = await redis.hGet(keys.tokens(id), tokenId);
    const kept = json ? readRecord<Kept>(json, 'a token') : undefined;
    return kept && kept.expiresAt > now ? kept : undefined;
  }

  return {
    /**
     * The token is shown this once. One of the same device name is replaced; without a name none is. `lifetime`: milliseconds.
     * @throws Fault UNAVAILABLE while others keep changing the tokens
     */
    async issue(id: string, deviceName: string | undefined, lifetime: number, now: number): Promise<Issued> {
      const token = `est_${id}.${randomBytes(32).toString('base64url')}`;
      const kept: Kept = { deviceName, createdAt: now, usedAt: undefined, expiresAt: now + lifetime };
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const seen = await all(id);
        const stay = staying(seen, deviceName, now);
        const isIssued = await ISSUE.run(
          redis,
          { tokens: keys.tokens(id) },
          {
            ...{ id: hashOf(token), token: JSON.stringify(kept) },
            ends: Math.max(kept.expiresAt, ...stay.map(({ expiresAt }) => expiresAt)),
            seen: seen.map(({ tokenId }) => tokenId),
            pushedOut: seen.filter((one) => !stay.includes(one)).map(({ tokenId }) => tokenId),
          },
        );
        if (isIssued) return { token, tokenId: hashOf(token), expiresAt: kept.expiresAt };
      }
      throw new Fault('UNAVAILABLE', 'Many log in as this subscriber at this moment; try again.', AGAIN);
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
        await NOTE_USE.run(
          redis,
          { tokens: keys.tokens(id), record: keys.subscriber(id) },
          { id: tokenId, token: JSON.stringify({ ...kept, usedAt }), usedAt },
        );
      return { id, tokenId };
    },

    /** Those that are valid, the newest first. */
    async list(id: string, now: number): Promise<Device[]> {
      const valid = (await all(id)).filter(({ expiresAt }) => expiresAt > now);
      return valid.sort((a, b) => b.createdAt - a.createdAt);
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

/** The tokens that stay beside a new one of that device, the newest first: not the device's former one, nor more than there may be. */
function staying(seen: readonly Device[], deviceName: string | undefined, now: number): Device[] {
  const isReplaced = (one: Device) => deviceName !== undefined && one.deviceName === deviceName;
  const others = seen.filter((one) => one.expiresAt > now && !isReplaced(one));
  return others.sort((a, b) => b.createdAt - a.createdAt).slice(0, MOST_TOKENS - 1);
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
