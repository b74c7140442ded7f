import { expect } from 'chai';
import { MAX_PHOTO_BYTES, MOST_PHOTO_BYTES } from '../../../domain/photo.ts';
import type { Stores } from '../../../store/stores.ts';
import { watchedStores } from '../../support/measure/watched-stores.ts';
import { useRedis } from '../../support/redis.ts';

const MOST = MOST_PHOTO_BYTES / MAX_PHOTO_BYTES;
const SOURCE = { name: 'home', fence: 'mine' };

describe('store/photo/photos', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    await server.redis.hSet(stores.keys.subscriber('alice'), 'state', 'active');
    await server.redis.hSet(stores.keys.source('alice', SOURCE.name), 'lease', SOURCE.fence);
  });

  /** The largest, each time another one. */
  function image(n: number): Buffer {
    const bytes = Buffer.alloc(MAX_PHOTO_BYTES, 'x');
    bytes.writeUInt32BE(n);
    return bytes;
  }

  const bytesOf = async (source?: string) => {
    let bytes = 0;
    for await (const photo of stores.photos.all('alice', source)) bytes += photo.image.length;
    return bytes;
  };

  it('takes photos of a book up to its limit, and says of one more that there is no room', async () => {
    const upload = stores.photos.upload('alice');
    for (let n = 0; n < MOST; n += 1) expect(await upload.add([`number-${n}`], image(n))).to.equal(true);
    expect(await upload.add(['one-more'], image(MOST))).to.equal(false);
    await upload.commit();
    expect(await bytesOf()).to.equal(MOST_PHOTO_BYTES);
  });

  it('lets a source grow up to the same by what changes there', async () => {
    for (const from of [0, MOST - 2]) {
      const upload = stores.photos.upload('alice', SOURCE);
      for (let n = from; n < from + MOST - 1; n += 1) await upload.add([`number-${n}`], image(n));
      await upload.commitAmong([]);
    }
    expect(await bytesOf(SOURCE.name)).to.equal(MOST_PHOTO_BYTES);
  });

  describe('that a source puts in among others', () => {
    const small = (n: number) => Buffer.from(`image ${n}`);
    const imagesOf = async (numbers: string[]) =>
      Promise.all(
        (await stores.photos.of('alice', numbers)).map((photo) => photo && stores.photos.image('alice', photo)),
      );
    const shown = async (...numbers: string[]) => (await imagesOf(numbers)).map((image) => image?.toString());
    async function stage(from: Stores, photos: Record<string, Buffer>) {
      const upload = from.photos.upload('alice', SOURCE);
      for (const [number, photo] of Object.entries(photos)) await upload.add([number], photo);
      return upload;
    }
    const staged = async () => server.redis.keys(`${stores.keys.photosUpload('alice', '*')}`);

    beforeEach(async () => {
      await server.redis.sAdd(stores.keys.sources('alice'), SOURCE.name);
      await (await stage(stores, { a: small(1), b: small(2), c: small(3) })).commit();
    });

    it('takes those away that numbers lose, with the images that no number has any more', async () => {
      await (await stage(stores, { b: small(4), d: small(1) })).commitAmong(['a', 'b', 'd', 'never']);
      expect(await shown('a', 'b', 'c', 'd')).to.deep.equal([undefined, 'image 4', 'image 3', 'image 1']);
      expect(await bytesOf(SOURCE.name)).to.equal(3 * small(1).length);
      expect(await server.redis.hLen(stores.keys.images('alice', SOURCE.name))).to.equal(3);
    });

    it('moves images in scripts of so many bytes and numbers', async () => {
      const upload = stores.photos.upload('alice', SOURCE);
      const many = Array.from({ length: 5_000 }, (_, i) => `many-${i}`);
      await upload.add(many, small(5));
      for (let n = 0; n < 40; n += 1) await upload.add([`large-${n}`], image(n));
      const most: number[] = [];
      const watched = watchedStores(server, stores, (args) => {
        most.push(args.length);
      });
      const among = watched.photos.upload('alice', SOURCE);
      await among.add(many, small(5));
      for (let n = 0; n < 40; n += 1) await among.add([`large-${n}`], image(n));
      await among.commitAmong(many);
      expect(most.length).to.be.above(18);
      expect(Math.max(...most), 'words told to one script').to.be.below(2_000);
      expect(await shown('many-0', 'many-4999', 'c')).to.deep.equal(['image 5', 'image 5', 'image 3']);
      expect((await imagesOf(['large-39']))[0]?.equals(image(39))).to.equal(true);
      await upload.discard();
      expect(await staged()).to.deep.equal([]);
    });

    it('stops when another read of the source begins, and leaves nothing staged; done again after a crash it is whole', async () => {
      let scripts = 0;
      const overtaken = watchedStores(server, stores, async () => {
        scripts += 1;
        if (scripts === 2) await server.redis.hSet(stores.keys.source('alice', SOURCE.name), 'lease', 'another');
      });
      await (await stage(overtaken, { a: small(6), e: small(7) })).commitAmong(['a', 'b']);
      expect(await shown('c', 'e')).to.deep.equal(['image 3', undefined]);
      expect(await staged()).to.deep.equal([]);
      await server.redis.hSet(stores.keys.source('alice', SOURCE.name), 'lease', SOURCE.fence);
      scripts = 10;
      const dying = watchedStores(server, stores, () => {
        scripts += 1;
        if (scripts === 13) throw new Error('dead');
      });
      const died = (await stage(dying, { a: small(6), e: small(7) })).commitAmong(['a', 'b']);
      await died.catch(String);
      await (await stage(stores, { a: small(6), e: small(7) })).commitAmong(['a', 'b']);
      expect(await shown('a', 'b', 'c', 'e')).to.deep.equal(['image 6', undefined, 'image 3', 'image 7']);
      expect(await server.redis.hLen(stores.keys.images('alice', SOURCE.name))).to.equal(3);
    });
  });
});
