import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Redis } from '../../runtime/redis/redis.ts';
import { type Fence, newFence } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { readRecord } from '../base/record.ts';
import { asYes, defineLua, defineScript } from '../base/script.ts';

/** An answer to give again: `request` is a hash of what was asked. */
export type Remembered = { request: string; status: number; contentType: string; body: string };

export type Idempotency = ReturnType<typeof createIdempotency>;

/** How long an answer is remembered, in milliseconds. */
export const REMEMBERED = 24 * 3_600_000;
/** Milliseconds after which a request whose process died, or no longer says that it is at work, may be tried again. */
export const UNDER_WAY = 10_000;
/** In place of an answer about somebody who was erased. */
const ERASED = 'erased';
/** Before the fence of a request that is under way; no sealed answer begins so. */
const AT_WORK = 'claim:';

/**
 * Adds the hash of an answer to the list of the subscriber whom it is about; 0 when that one is
 * neither active nor pending. In one step, or an erasure in between would miss the answer.
 */
const NOTE = defineScript({
  keys: ['record', 'answered'],
  args: ['hash', 'now', 'ends'],
  reply: asYes,
  lua: `
local state = redis.call('HGET', record, 'state')
if state ~= 'active' and state ~= 'pending' then return 0 end
redis.call('ZREMRANGEBYSCORE', answered, '-inf', now)
redis.call('ZADD', answered, ends, hash)
redis.call('PEXPIREAT', answered, ends)
return 1`,
});

/** Keeps an answer, unless `ERASED` stands in its place by now. */
const KEEP = defineScript({
  keys: ['answer'],
  args: ['value', 'lifetime'],
  lua: `
if redis.call('GET', answer) == '${ERASED}' then return end
redis.call('SET', answer, value, 'PX', lifetime)`,
});

/** Lua: `isMine()`: whether this request is under way: neither has it an answer, nor did another begin since. */
const MINE = defineLua({
  keys: ['answer'],
  args: ['fence'],
  lua: "local function isMine() return redis.call('GET', answer) == fence end",
});

/** The request goes on. */
const RENEW = defineScript({
  uses: [MINE],
  args: ['lifetime'],
  lua: "if isMine() then redis.call('PEXPIRE', answer, lifetime) end",
});

/** The request has ended without an answer. */
const GIVE_BACK = defineScript({ uses: [MINE], lua: "if isMine() then redis.call('DEL', answer) end" });

/**
 * Answers to requests that carried an Idempotency-Key (strings `idempotency:<hash>`). An answer may hold a password or a
 * token, so it is encrypted (AES-256-GCM) under a key that only the holder of the Idempotency-Key can derive. Sorted set `answered` of a
 * subscriber: the hashes of the answers that are about it, by the time when they end, so that they can be erased with it.
 */
export function createIdempotency(redis: Redis, keys: Keys) {
  return {
    /**
     * Starts a request, by a fence from `newRequest`. Otherwise the answer it had, `under-way`, `other` when one that asks for
     * something else is, or `erased`: it was done, for somebody who is no more.
     */
    async begin(secret: string, fence: Fence): Promise<'started' | 'under-way' | 'other' | 'erased' | Remembered> {
      const key = keys.idempotency(hashOf(secret));
      const started = await redis.set(key, fence, { condition: 'NX', expiration: { type: 'PX', value: UNDER_WAY } });
      if (started !== null) return 'started';
      const kept = await redis.get(key);
      if (kept === ERASED) return ERASED;
      if (isAnswer(kept)) return readRecord<Remembered>(open(secret, kept), 'an answer');
      return kept === null || [undefined, askedBy(fence)].includes(askedBy(kept)) ? 'under-way' : 'other';
    },

    /** The request that began by this fence is still at work; to be called every second or two. */
    async renew(secret: string, fence: Fence): Promise<void> {
      await RENEW.run(redis, { answer: keys.idempotency(hashOf(secret)) }, { fence, lifetime: UNDER_WAY });
    },

    /** The answer that was remembered, without starting anything. */
    async recall(secret: string): Promise<Remembered | undefined> {
      const kept = await redis.get(keys.idempotency(hashOf(secret)));
      return isAnswer(kept) ? readRecord<Remembered>(open(secret, kept), 'an answer') : undefined;
    },

    /** `subject`: the id of the subscriber whom the answer is about; undefined when it is about none. */
    async remember(secret: string, answer: Remembered, subject: string | undefined, now: number): Promise<void> {
      const hash = hashOf(secret);
      const known = subject === undefined || (await note(subject, hash, now));
      const value = known ? seal(secret, JSON.stringify(answer)) : ERASED;
      await KEEP.run(redis, { answer: keys.idempotency(hash) }, { value, lifetime: REMEMBERED });
    },

    /**
     * Replaces the answers about a subscriber by the note that there was one, so that a request
     * which is repeated is neither answered from memory nor done again.
     */
    async erase(subject: string): Promise<void> {
      for (const hash of await redis.zRange(keys.answered(subject), 0, -1))
        await redis.set(keys.idempotency(hash), ERASED, { condition: 'XX', expiration: 'KEEPTTL' });
    },

    /** The request that began by this fence has no answer to be repeated: it may be sent again. */
    async giveBack(secret: string, fence: Fence): Promise<void> {
      await GIVE_BACK.run(redis, { answer: keys.idempotency(hashOf(secret)) }, { fence });
    },
  };

  async function note(subject: string, hash: string, now: number): Promise<boolean> {
    const places = { record: keys.subscriber(subject), answered: keys.answered(subject) };
    return NOTE.run(redis, places, { hash, now, ends: now + REMEMBERED });
  }
}

/** The fence of a request that begins. `asked`: a hash of what it asks for, of which only who knows the secret learns something. */
export function newRequest(secret: string, asked: string): Fence {
  const mark = createHmac('sha256', secret).update(asked).digest('base64url').slice(0, 12);
  return `${AT_WORK}${mark}:${newFence()}`;
}

/** Undefined for the fence of a process of before, which did not say. */
function askedBy(fence: string): string | undefined {
  const [mark, rest] = fence.slice(AT_WORK.length).split(':');
  return rest === undefined ? undefined : mark;
}

function isAnswer(kept: string | null): kept is string {
  return kept !== null && kept !== ERASED && !kept.startsWith(AT_WORK);
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function sealingKey(secret: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', 'earshot idempotency', 32));
}

function seal(secret: string, text: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealingKey(secret), iv);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
}

function open(secret: string, text: string): string {
  const bytes = Buffer.from(text, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', sealingKey(secret), bytes.subarray(0, 12));
  decipher.setAuthTag(bytes.subarray(12, 28));
  return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
}
