import { expect } from 'chai';
import { MAX_PHOTO_BYTES, MOST_PHOTO_BYTES } from '../../../domain/photo.ts';
import type { Stores } from '../../../store/stores.ts';
import { startTestRedis, type TestRedis } from '../../support/redis.ts';

const MOST = MOST_PHOTO_BYTES / MAX_PHOTO_BYTES;
const SOURCE = { name: 'home', lease: 'mine' };

describe('store/book/photos', () => {
  let server: TestRedis;
  let stores: Stores;

  before(async () => {
    server = await startTestRedis();
  });

  beforeEach(async () => {
    stores = server.freshStores();
    await server.redis.hSet(stores.keys.subscriber('alice'), 'state', 'active');
    await server.redis.hSet(stores.keys.source('alice', SOURCE.name), 'lease', SOURCE.lease);
  });

  after(async () => server?.stop());

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
});
