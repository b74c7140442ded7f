import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import type { Redis } from '../runtime/redis.ts';
import type { Keys } from './keys.ts';

/** An answer to give again: `request` is a hash of what was asked. */
export type Remembered = { request: string; status: number; contentType: string; body: string };

export type Idempotency = ReturnType<typeof createIdempotency>;

const LIFETIME = 24 * 3_600_000;
/** Milliseconds after which a request whose process died may be tried again. */
const UNDER_WAY = 60_000;

/**
 * Answers to requests that carried an Idempotency-Key (strings `idempotency:<hash>`). An answer may hold a password or a
 * token, so it is encrypted (AES-256-GCM) under a key that only the holder of the Idempotency-Key can derive.
 */
export function createIdempotency(redis: Redis, keys: Keys) {
  const keyOf = (secret: string) => keys.idempotency(createHash('sha256').update(secret).digest('base64url'));
  return {
    /** Starts a request; otherwise the answer it had, or `under-way`. */
    async begin(secret: string): Promise<'started' | 'under-way' | Remembered> {
      const key = keyOf(secret);
      const started = await redis.set(key, '', { condition: 'NX', expiration: { type: 'PX', value: UNDER_WAY } });
      if (started !== null) return 'started';
      const sealed = await redis.get(key);
      return sealed ? (JSON.parse(open(secret, sealed)) as Remembered) : 'under-way';
    },

    async remember(secret: string, answer: Remembered): Promise<void> {
      await redis.set(keyOf(secret), seal(secret, JSON.stringify(answer)), {
        expiration: { type: 'PX', value: LIFETIME },
      });
    },

    async forget(secret: string): Promise<void> {
      await redis.del(keyOf(secret));
    },
  };
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
