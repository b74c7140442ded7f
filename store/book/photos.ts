import { createHash } from 'node:crypto';
import { RESP_TYPES } from 'redis';
import { MOST_PHOTO_BYTES } from '../../domain/photo.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { defineLua, defineScript } from '../base/script.ts';
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

/**
 * Lua: whether what was staged may still be shown. A subscriber who left meanwhile, or a source
 * that was removed, must leave no photos behind.
 */
const STAGED = defineLua({
  keys: ['record', 'staging', 'photos'],
  args: ['lease'],
  lua: `
local function isWanted(source)
  if source and redis.call('HGET', source, 'lease') ~= lease then return false end
  return redis.call('HGET', record, 'state') == 'active'
end`,
});

/**
 * Puts the staged photos in the place of those before, in one step: nobody sees a half of each.
 * `leased`: of a source's book the source.
 */
const COMMIT = defineScript({
  uses: [STAGED],
  keyList: 'leased',
  lua: `
if not isWanted(leased[1]) then return redis.call('UNLINK', staging) end
if redis.call('EXISTS', staging) == 0 then return redis.call('UNLINK', photos) end
redis.call('PERSIST', staging)
return redis.call('RENAME', staging, photos)`,
});

/**
 * Puts the staged photos in among those before, in one step as `COMMIT`. `lost`: the numbers that
 * lose what they had, with spaces between them. `most`: bytes of all images.
 */
const COMMIT_AMONG = defineScript({
  uses: [STAGED],
  keyList: 'leased',
  args: ['lost', 'most'],
  lua: `
local function isImage(field) return string.sub(field, 1, 1) == '=' end
if not isWanted(leased[1]) then return redis.call('UNLINK', staging) end
for number in string.gmatch(lost, '%S+') do redis.call('HDEL', photos, number) end
local left = tonumber(most)
for _, field in ipairs(redis.call('HKEYS', photos)) do
  if isImage(field) then left = left - redis.call('HSTRLEN', photos, field) end
end
for _, field in ipairs(redis.call('HKEYS', staging)) do
  local value = redis.call('HGET', staging, field)
  local new = isImage(field) and redis.call('HEXISTS', photos, field) == 0
  if new then left = left - #value end
  if not new or left >= 0 then redis.call('HSET', photos, field, value) end
end
local images, wanted = {}, {}
for _, field in ipairs(redis.call('HKEYS', photos)) do
  if isImage(field) then images[#images + 1] = field
  else wanted[redis.call('HGET', photos, field)] = true end
end
for _, image in ipairs(images) do if not wanted[image] then redis.call('HDEL', photos, image) end end
return redis.call('UNLINK', staging)`,
});

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
      const places = {
        record: keys.subscriber(id),
        staging,
        photos: keys.photos(id, source?.name),
        leased: source ? [keys.source(id, source.name)] : [],
      };
      const lease = source?.lease;
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
          await COMMIT.run(redis, places, { lease });
          some = false;
        },
        async commitAmong(numberKeys) {
          await COMMIT_AMONG.run(redis, places, { lease, lost: numberKeys.join(' '), most: MOST_PHOTO_BYTES });
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
