import { createHash } from 'node:crypto';
import { RESP_TYPES } from 'redis';
import type { Redis } from '../runtime/redis.ts';
import type { SourceLease } from './book-writer.ts';
import type { Keys } from './keys.ts';
import { newStamp } from './marks.ts';

export type Photos = ReturnType<typeof createPhotos>;

/** The photos of a book that is being uploaded: they count from `commit` on. */
export type PhotoUpload = {
  add(numberKeys: readonly string[], image: Buffer): Promise<void>;
  commit(): Promise<void>;
  discard(): Promise<void>;
};

/** Seconds that an upload may take; what a gateway that died had begun goes after them. */
const UPLOAD_LIFETIME = 300;

// A subscriber who left meanwhile, or a source that was removed, must leave no photos behind.
const COMMIT = `
local over = KEYS[4] and redis.call('HGET', KEYS[4], 'lease') ~= ARGV[1]
if over or redis.call('HGET', KEYS[1], 'state') ~= 'active' then return redis.call('UNLINK', KEYS[2]) end
if redis.call('EXISTS', KEYS[2]) == 0 then return redis.call('UNLINK', KEYS[3]) end
redis.call('PERSIST', KEYS[2])
return redis.call('RENAME', KEYS[2], KEYS[3])`;

/**
 * The photos of a subscriber's books, by number, which is how a friend is found in them: for each book a hash `photos` (number key → a name made of the image's
 * digest, that name → the image), so that a contact's numbers share one image.
 */
export function createPhotos(redis: Redis, keys: Keys) {
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

  async function inBook(
    id: string,
    source: string | undefined,
    numberKeys: readonly string[],
  ): Promise<(Buffer | undefined)[]> {
    const key = keys.photos(id, source);
    const names = await redis.hmGet(key, [...numberKeys]);
    const known = [...new Set(names.filter((name) => name !== null))];
    if (known.length === 0) return names.map(() => undefined);
    const images = await binary.hmGet(key, known);
    const imageOf = new Map(known.map((name, i) => [name, images[i] ?? undefined]));
    return names.map((name) => (name === null ? undefined : imageOf.get(name)));
  }

  return {
    /** Begins a set that takes the place of the whole one before. Photos come one by one, so that a large book needs little memory. */
    upload(id: string, source?: SourceLease): PhotoUpload {
      const staging = keys.photosUpload(id, newStamp());
      let some = false;
      return {
        async add(numberKeys, image) {
          const name = `=${createHash('sha256').update(image).digest('base64url')}`;
          const batch = redis.multi().hSet(staging, name, image);
          for (const key of numberKeys) batch.hSet(staging, key, name);
          if (!some) batch.expire(staging, UPLOAD_LIFETIME);
          await batch.exec();
          some = true;
        },
        async commit() {
          await redis.eval(COMMIT, {
            keys: [
              keys.subscriber(id),
              staging,
              keys.photos(id, source?.name),
              ...(source ? [keys.source(id, source.name)] : []),
            ],
            arguments: [source?.lease ?? ''],
          });
          some = false;
        },
        async discard() {
          if (some) await redis.unlink(staging);
        },
      };
    },

    /** For each number: the photo of the contact that holds it; of several the own book's, then those of the sources by name. */
    async of(id: string, numberKeys: readonly string[]): Promise<(Buffer | undefined)[]> {
      if (numberKeys.length === 0) return [];
      const sources = (await redis.sMembers(keys.sources(id))).sort();
      const found = await Promise.all([undefined, ...sources].map((source) => inBook(id, source, numberKeys)));
      return numberKeys.map((_, i) => found.map((photos) => photos[i]).find((photo) => photo !== undefined));
    },

    /** Of the own book. */
    async drop(id: string): Promise<void> {
      await redis.unlink(keys.photos(id));
    },
  };
}
