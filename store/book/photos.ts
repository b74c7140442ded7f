import { createHash } from 'node:crypto';
import { RESP_TYPES } from 'redis';
import { MOST_PHOTO_BYTES } from '../../domain/photo.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import type { SourceLease } from './book-writer.ts';

export type Photos = ReturnType<typeof createPhotos>;

/** The photos of a book that is being uploaded: they count from `commit` on. */
export type PhotoUpload = {
  /** False when there is no room for it. */
  add(numberKeys: readonly string[], image: Buffer): Promise<boolean>;
  commit(): Promise<void>;
  /** Of a source: puts them in among those that are there, after these numbers have lost what they had. */
  commitAmong(numberKeys: readonly string[]): Promise<void>;
  discard(): Promise<void>;
};

/** Seconds that an upload may take; what a process that died had begun goes after them. */
const UPLOAD_LIFETIME = 600;

// A subscriber who left meanwhile, or a source that was removed, must leave no photos behind.
const COMMIT = `
local over = KEYS[4] and redis.call('HGET', KEYS[4], 'lease') ~= ARGV[1]
if over or redis.call('HGET', KEYS[1], 'state') ~= 'active' then return redis.call('UNLINK', KEYS[2]) end
if redis.call('EXISTS', KEYS[2]) == 0 then return redis.call('UNLINK', KEYS[3]) end
redis.call('PERSIST', KEYS[2])
return redis.call('RENAME', KEYS[2], KEYS[3])`;

/** KEYS and lease as above. ARGV, after the lease: the numbers that lose what they had, with spaces between them; most bytes of all images. */
const COMMIT_AMONG = `
local over = redis.call('HGET', KEYS[4], 'lease') ~= ARGV[1]
if over or redis.call('HGET', KEYS[1], 'state') ~= 'active' then return redis.call('UNLINK', KEYS[2]) end
for number in string.gmatch(ARGV[2], '%S+') do redis.call('HDEL', KEYS[3], number) end
local left = tonumber(ARGV[3])
for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do
  if string.sub(field, 1, 1) == '=' then left = left - redis.call('HSTRLEN', KEYS[3], field) end
end
for _, field in ipairs(redis.call('HKEYS', KEYS[2])) do
  local value = redis.call('HGET', KEYS[2], field)
  local image = string.sub(field, 1, 1) == '=' and redis.call('HEXISTS', KEYS[3], field) == 0
  if image then left = left - #value end
  if not image or left >= 0 then redis.call('HSET', KEYS[3], field, value) end
end
local images, wanted = {}, {}
for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do
  if string.sub(field, 1, 1) == '=' then images[#images + 1] = field
  else wanted[redis.call('HGET', KEYS[3], field)] = true end
end
for _, image in ipairs(images) do if not wanted[image] then redis.call('HDEL', KEYS[3], image) end end
return redis.call('UNLINK', KEYS[2])`;

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
      const places = [
        keys.subscriber(id),
        staging,
        keys.photos(id, source?.name),
        ...(source ? [keys.source(id, source.name)] : []),
      ];
      let some = false;
      let left = MOST_PHOTO_BYTES;
      return {
        async add(numberKeys, image) {
          if (image.length > left) return false;
          left -= image.length;
          const name = `=${createHash('sha256').update(image).digest('base64url')}`;
          const batch = redis.multi().hSet(staging, name, image);
          for (const key of numberKeys) batch.hSet(staging, key, name);
          if (!some) batch.expire(staging, UPLOAD_LIFETIME);
          await batch.exec();
          some = true;
          return true;
        },
        async commit() {
          await redis.eval(COMMIT, { keys: places, arguments: [source?.lease ?? ''] });
          some = false;
        },
        async commitAmong(numberKeys) {
          await redis.eval(COMMIT_AMONG, {
            keys: places,
            arguments: [source?.lease ?? '', numberKeys.join(' '), `${MOST_PHOTO_BYTES}`],
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

    /** Every photo of a book, one at a time, with the numbers it belongs to. */
    async *all(id: string, source?: string): AsyncGenerator<{ numberKeys: string[]; image: Buffer }> {
      const key = keys.photos(id, source);
      const numbers = (await redis.hKeys(key)).filter((field) => !field.startsWith('='));
      const names = numbers.length === 0 ? [] : await redis.hmGet(key, numbers);
      for (const name of new Set(names)) {
        const image = name === null ? null : await binary.hGet(key, name);
        if (image) yield { numberKeys: numbers.filter((_, i) => names[i] === name), image };
      }
    },

    /** Of the own book. */
    async drop(id: string): Promise<void> {
      await redis.unlink(keys.photos(id));
    },
  };
}
