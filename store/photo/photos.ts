import { RESP_TYPES } from 'redis';
import type { Redis } from '../../runtime/redis/redis.ts';
import { scanTexts } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { askSlices } from '../base/slices.ts';
import type { SourceFence } from '../image/source-fence.ts';
import { createPhotoUpload, type PhotoUpload } from './photo-upload.ts';

export type Photos = ReturnType<typeof createPhotos>;

/** Which photo: of which book, and a name that begins with the image's digest, so that no other image has it. */
export type PhotoName = { source: string | undefined; name: string };

/**
 * The photos of a subscriber's books, by number, which is how a friend is found in them: for each book a hash `photos` (number key → a name made of the image's
 * digest and its length) and a hash `images` (that name → the image), so that a contact's numbers share one image.
 */
export function createPhotos(redis: Redis, keys: Keys) {
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

  return {
    /** Begins a set that takes the place of the whole one before, or is put in among it. */
    upload: (id: string, source?: SourceFence): PhotoUpload => createPhotoUpload(redis, keys, id, source),

    /** For each number: the photo of the contact that holds it; of several the own book's, then those of the sources by name. */
    async of(id: string, numberKeys: readonly string[]): Promise<(PhotoName | undefined)[]> {
      if (numberKeys.length === 0) return [];
      const books = [undefined, ...(await redis.sMembers(keys.sources(id))).sort()];
      const found = await Promise.all(
        books.map((source) => askSlices(numberKeys, (some) => redis.hmGet(keys.photos(id, source), some))),
      );
      return numberKeys.map((_, i) => {
        const at = found.findIndex((names) => typeof names[i] === 'string');
        return at < 0 ? undefined : { source: books[at], name: found[at]?.[i] as string };
      });
    },

    /** Undefined when it is there no more. */
    async image(id: string, { source, name }: PhotoName): Promise<Buffer | undefined> {
      return (await binary.hGet(keys.images(id, source), name)) ?? undefined;
    },

    /** Every photo of a book, one at a time, with the numbers it belongs to. */
    async *all(id: string, source?: string): AsyncGenerator<{ numberKeys: string[]; image: Buffer }> {
      const numbersOf = new Map<string, Set<string>>();
      for await (const [numberKey, name] of scanTexts(redis, keys.photos(id, source)))
        numbersOf.set(name, (numbersOf.get(name) ?? new Set()).add(numberKey));
      for (const [name, numberKeys] of numbersOf) {
        const image = await binary.hGet(keys.images(id, source), name);
        if (image) yield { numberKeys: [...numberKeys], image };
      }
    },

    /** Of the own book. */
    async drop(id: string): Promise<void> {
      await redis.unlink([keys.photos(id), keys.images(id)]);
    },
  };
}
