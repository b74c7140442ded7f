import { createHash } from 'node:crypto';
import { MOST_PHOTO_BYTES } from '../../domain/photo.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { IS_STILL } from '../base/fence.ts';
import { scanTexts } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { asYes, defineLua, defineScript } from '../base/script.ts';
import { askSlices, slicesOf } from '../base/slices.ts';
import { SOURCE_FENCE, type SourceFence } from '../image/source-fence.ts';

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
/** Bytes of images that one step moves. */
const STEP_BYTES = 256 * 1024;

/**
 * Lua: `isWanted(source)`: whether what was staged may still be shown. A subscriber who left
 * meanwhile, or a source that was removed or is read anew, must leave no photos behind. `fence`: of
 * the read of the source, where the book is a source's.
 */
const STAGED = defineLua({
  uses: [IS_STILL],
  keys: ['record', 'staging', 'stagedImages', 'photos', 'images'],
  args: ['fence'],
  lua: `
local function isWanted(source)
  if source and not isStill(source, '${SOURCE_FENCE}', fence) then return false end
  return redis.call('HGET', record, 'state') == 'active'
end`,
});

/** Puts the staged photos in the place of those before, in one step: nobody sees a half of each. */
const COMMIT = defineScript({
  uses: [STAGED],
  keyList: 'source',
  lua: `
if not isWanted(source[1]) then return redis.call('UNLINK', staging, stagedImages) end
redis.call('UNLINK', photos, images)
for from, to in pairs({ [staging] = photos, [stagedImages] = images }) do
  if redis.call('PERSIST', from) == 1 then redis.call('RENAME', from, to) end
end`,
});

/**
 * One step of putting staged photos in among those before: takes `lost` numbers and `unwanted`
 * images away, moves images by their names, and gives numbers theirs (`named`: each with the name
 * after it). 0 when they are wanted no more.
 */
const STEP = defineScript({
  uses: [STAGED],
  keyList: 'source',
  lists: ['lost', 'unwanted', 'moved', 'named'],
  reply: asYes,
  lua: `
if not isWanted(source[1]) then return 0 end
for _, number in ipairs(lost) do redis.call('HDEL', photos, number) end
for _, name in ipairs(unwanted) do redis.call('HDEL', images, name) end
for _, name in ipairs(moved) do
  local image = redis.call('HGET', stagedImages, name)
  if image then redis.call('HSET', images, name, image) end
end
for i = 1, #named, 2 do redis.call('HSET', photos, named[i], named[i + 1]) end
return 1`,
});

type Step = Partial<Record<'lost' | 'unwanted' | 'moved' | 'named', readonly string[]>>;

/** Photos come one by one, so that a large book needs little memory. `source`: whose book it is; without one the own. */
export function createPhotoUpload(redis: Redis, keys: Keys, id: string, source?: SourceFence): PhotoUpload {
  const upload = newStamp();
  const places = {
    record: keys.subscriber(id),
    staging: keys.photosUpload(id, upload),
    stagedImages: keys.imagesUpload(id, upload),
    photos: keys.photos(id, source?.name),
    images: keys.images(id, source?.name),
    source: source ? [keys.source(id, source.name)] : [],
  };
  const { staging, stagedImages } = places;
  const names = new Map<string, string>();
  let left = MOST_PHOTO_BYTES;

  async function step({ lost = [], unwanted = [], moved = [], named = [] }: Step): Promise<void> {
    const goesOn = await STEP.run(redis, places, { fence: source?.fence, lost, unwanted, moved, named });
    if (!goesOn) throw new OutOfDate();
  }

  /** Those of the numbers that have another photo than they are to have, or are to have none. */
  async function losing(numberKeys: readonly string[]): Promise<string[]> {
    const present = await askSlices(numberKeys, (some) => redis.hmGet(places.photos, some));
    return numberKeys.filter((key, i) => present[i] !== null && present[i] !== names.get(key));
  }

  /**
   * Takes away images that no number has. Returns the others. There is at most one for each contact
   * of a book (20,000), with a name of 50 bytes; in slices the images themselves would come along.
   */
  async function sweep(): Promise<Set<string>> {
    const wanted = new Set<string>();
    for await (const [, name] of scanTexts(redis, places.photos)) wanted.add(name);
    const present = await redis.hKeys(places.images);
    for (const some of slicesOf(present.filter((name) => !wanted.has(name)))) await step({ unwanted: some });
    return new Set(present.filter((name) => wanted.has(name)));
  }

  /** Moves as many images as there is room for beside those that are there. */
  async function move(there: Set<string>): Promise<void> {
    let room = MOST_PHOTO_BYTES;
    for (const name of there) room -= bytesOf(name);
    const moving: string[] = [];
    for (const name of new Set(names.values())) {
      if (there.has(name) || bytesOf(name) > room) continue;
      room -= bytesOf(name);
      moving.push(name);
      there.add(name);
    }
    for (const moved of byBytes(moving)) await step({ moved });
  }

  return {
    async add(numberKeys, image) {
      if (image.length > left) return false;
      left -= image.length;
      const name = `${createHash('sha256').update(image).digest('base64url')}.${image.length}`;
      for (const some of slicesOf(numberKeys)) {
        const batch = redis.multi().hSet(stagedImages, name, image);
        batch.hSet(staging, some.flatMap((key) => [key, name]) as never);
        if (names.size === 0) batch.expire(staging, UPLOAD_LIFETIME).expire(stagedImages, UPLOAD_LIFETIME);
        await batch.exec();
        for (const key of some) names.set(key, name);
      }
      return true;
    },

    async commit() {
      await COMMIT.run(redis, places, { fence: source?.fence });
      names.clear();
    },

    async commitAmong(numberKeys) {
      try {
        for (const lost of slicesOf(await losing(numberKeys))) await step({ lost });
        const there = await sweep();
        await move(there);
        for (const some of slicesOf([...names].filter(([, name]) => there.has(name))))
          await step({ named: some.flat() });
      } catch (err) {
        if (!(err instanceof OutOfDate)) throw err;
      }
      await this.discard();
    },

    async discard() {
      if (names.size > 0) await redis.unlink([staging, stagedImages]);
      names.clear();
    },
  };
}

/** The subscriber has left, or another reading of the source has begun, which sees to its photos. */
class OutOfDate extends Error {}

/** Bytes of an image, from its name. */
function bytesOf(name: string): number {
  return Number(name.split('.')[1] ?? 0);
}

function byBytes(names: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  let bytes = 0;
  for (const name of names) {
    if (bytes > 0 && bytes + bytesOf(name) > STEP_BYTES) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(name);
    bytes += bytesOf(name);
  }
  return parts;
}
