import { expect } from 'chai';
import { PORTION } from '../../../store/image/book-portions.ts';
import type { Stores } from '../../../store/stores.ts';
import { bookOf, joinAlice, keyOf, NOW } from '../../support/books.ts';
import { countedStores, die, interruptedStores } from '../../support/measure/watched-stores.ts';
import { REDIS_KINDS, type RedisKind, traffic, useRedis } from '../../support/redis.ts';

for (const kind of REDIS_KINDS) describe(`a book that is split or joined, on ${kind}`, () => describeResizing(kind));

function describeResizing(kind: RedisKind): void {
  const server = useRedis(kind);
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    await joinAlice(stores);
  });

  const put = (size: number, first = 0) => stores.addressBooks.replace('alice', bookOf(size, first), NOW);
  const change = (...numbers: number[]) =>
    stores.addressBooks.change('alice', new Map(numbers.flatMap((one) => [...bookOf(1, one)])), [], undefined, NOW);
  const buckets = async () => Number(await server.redis.hGet(stores.keys.book('alice'), 'buckets'));
  const names = async (...numbers: number[]) => {
    const asked = numbers.map((number) => keyOf(`${number}`));
    return (await stores.addressBooks.labels('alice', asked)).map((label) => label?.name);
  };
  /** Every number that the book holds, each as often as it is read. */
  async function read(from = stores): Promise<string[]> {
    const found: string[] = [];
    for await (const { labels } of from.addressBooks.entriesOf('alice'))
      found.push(...labels.map(({ name }) => name.split(' ')[1] ?? ''));
    return found.sort((a, b) => Number(a) - Number(b));
  }
  const upTo = (size: number) => Array.from({ length: size }, (_, i) => `${i}`);
  /** Stores of somebody before whose each script that moves buckets, or other script, something happens. */
  function beforeEvery(what: 'moves' | 'others', then: (count: number) => void | Promise<void>): Stores {
    const meant = (_: unknown, script: string) => script.includes('splitOff()') === (what === 'moves');
    return interruptedStores(server, stores, meant, then);
  }

  it('takes scripts that each touch so many entries and are told of no more, whatever it holds', async function () {
    // A cluster's nodes count apart.
    if (kind === 'a Redis Cluster') this.skip();
    const { counted, costs } = countedStores(server, stores);
    await put(6_000);
    await counted.addressBooks.replace('alice', bookOf(13_000), NOW);
    expect(await buckets()).to.equal(128);
    await counted.addressBooks.replace('alice', bookOf(10), NOW);
    expect(await buckets()).to.equal(1);
    expect(await read()).to.deep.equal(upTo(10));
    expect(Math.max(...costs.map(({ bytes }) => bytes)), 'bytes told to one script').to.be.below(128 * 1024);
    expect(Math.max(...costs.map(({ commands }) => commands)), 'commands in one script').to.be.below(12 * PORTION);
  });

  it('is a book like any other when whoever splits or joins it dies between two steps', async () => {
    await put(3_000);
    const splitting = beforeEvery('moves', (count) => {
      if (count === 2) die();
    });
    await splitting.addressBooks.replace('alice', bookOf(20_000), NOW).catch(String);
    expect(await buckets(), 'no power of two').to.be.within(17, 31);
    expect(await stores.addressBooks.isHalfWritten('alice')).to.equal(false);
    expect(await read()).to.deep.equal(upTo(3_000));
    expect(await change(3_000)).to.deep.equal({ version: 2, contacts: 3_001 });
    expect(await read()).to.deep.equal(upTo(3_001));
    const joining = beforeEvery('moves', (count) => {
      if (count === 1) die();
    });
    await joining.addressBooks.replace('alice', bookOf(600), NOW).catch(String);
    expect(await stores.addressBooks.info('alice')).to.deep.equal({ version: 3, contacts: 600 });
    expect(await read()).to.deep.equal(upTo(600));
    expect(await change(600)).to.deep.equal({ version: 4, contacts: 601 });
    expect([await buckets(), await read()]).to.deep.equal([4, upTo(601)]);
  });

  it('loses nothing to those who change it meanwhile, and is sized by whoever writes last', async () => {
    await put(3_000);
    const splitting = beforeEvery('moves', async (count) => {
      if (count === 2) await change(50_000);
    });
    await splitting.addressBooks.replace('alice', bookOf(7_000), NOW);
    expect(await stores.addressBooks.info('alice')).to.deep.equal({ version: 3, contacts: 7_000 });
    expect(await read()).to.deep.equal(upTo(7_000));
    const joining = beforeEvery('moves', async (count) => {
      if (count === 1) await put(2_000);
    });
    await joining.addressBooks.replace('alice', bookOf(100), NOW);
    expect(await stores.addressBooks.info('alice')).to.deep.equal({ version: 5, contacts: 2_000 });
    expect([await buckets(), await read()]).to.deep.equal([16, upTo(2_000)]);
  });

  it('is read whole, each number once, and its contacts are found by uid', async () => {
    await put(1_500);
    const splitting = beforeEvery('others', async (count) => {
      if (count === 3) await put(5_000);
    });
    expect(await read(splitting)).to.include.members(upTo(1_500));
    const joining = beforeEvery('others', async (count) => {
      if (count === 12) await put(1_500);
    });
    const found = await read(joining);
    expect(found).to.include.members(upTo(1_500));
    expect(new Set(found).size).to.equal(found.length);
    const info = await stores.addressBooks.change('alice', new Map(), ['u3', 'u1499'], undefined, NOW);
    expect(info).to.deep.equal({ version: 4, contacts: 1_498 });
    expect(await names(3, 4, 1_499)).to.deep.equal([undefined, 'Contact 4', undefined]);
  });

  it('keeps no room in memory for contacts that may come', async () => {
    await put(1_000);
    for (let i = 1_000; i < 1_040; i += 1) await change(i);
    for (const bucket of Array.from({ length: await buckets() }, (_, i) => i)) {
      const key = stores.keys.uids('alice', bucket);
      const [length, memory] = [await server.redis.strLen(key), Number(await server.redis.memoryUsage(key))];
      expect(length).to.be.greaterThan(0);
      expect(memory - length, `${length} bytes`).to.be.below(200 + length / 8);
    }
  });

  it('grows by a single contact for what its two buckets cost', async function () {
    if (kind === 'a Redis Cluster') this.skip();
    await put(6_144);
    const before = await traffic(server);
    await change(6_144);
    const after = await traffic(server);
    expect(await buckets()).to.equal(64);
    expect(after.bytes - before.bytes, 'nothing of the book goes over the wire').to.be.below(64 * 1024);
    expect(await read()).to.deep.equal(upTo(6_145));
  });
}
