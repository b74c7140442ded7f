import { expect } from 'chai';
import { type Book, type Contact, LARGEST_BOOK, MOST_NUMBERS } from '../../../domain/book/address-book.ts';
import type { Stores } from '../../../store/stores.ts';
import { bookOf, contactOf, joinAlice, keyOf, NOW } from '../../support/books.ts';
import { die, interruptedStores, watchedStores } from '../../support/measure/watched-stores.ts';
import { REDIS_KINDS, type RedisKind, traffic, useRedis } from '../../support/redis.ts';

for (const kind of REDIS_KINDS)
  describe(`address books that change by single contacts, on ${kind}`, () => describeAddressBooks(kind));

function describeAddressBooks(kind: RedisKind): void {
  const server = useRedis(kind);
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    await joinAlice(stores);
  });

  const change = (upsert: [string, Contact][], remove: string[] = [], ifVersion?: number) =>
    stores.addressBooks.change('alice', new Map(upsert), remove, ifVersion, NOW);
  const names = async (...numbers: string[]) =>
    (await stores.addressBooks.labels('alice', numbers.map(keyOf))).map((label) => label?.name);

  it('mark what the contact held and what it holds now, and nothing else', async () => {
    await stores.addressBooks.replace('alice', bookOf(3), NOW);
    await stores.addressBooks.clearDirtyNumbers('alice', await stores.addressBooks.dirtyNumbers('alice'));
    const info = await change(
      [
        ['u1', contactOf('New name', '1', 'x')],
        ['new', contactOf('Dora', '2')],
      ],
      ['u0', 'unknown'],
    );
    expect(info).to.deep.equal({ version: 2, contacts: 3 });
    expect(Object.keys(await stores.addressBooks.dirtyNumbers('alice'))).to.have.members(
      ['0', '1', '2', 'x'].map(keyOf),
    );
    expect(await names('0', '1', 'x')).to.deep.equal([undefined, 'New name', 'New name']);
    await change([], ['u2']);
    expect(await names('2')).to.deep.equal(['Dora']);
    expect(await change([], ['u2'])).to.deep.equal({ version: 3, contacts: 2 });
  });

  it('are left as they are by a writer who has seen an older version', async () => {
    await change([['a', contactOf('A', '1')]], [], 0);
    const codes = await Promise.all([
      change([['b', contactOf('B', '2')]], [], 0).catch((err) => err.code),
      stores.addressBooks.replace('alice', new Map(), NOW, { ifVersion: 7 }).catch((err) => err.code),
    ]);
    expect(codes).to.deep.equal(['FAILED_PRECONDITION', 'FAILED_PRECONDITION']);
    expect(await names('1', '2')).to.deep.equal(['A', undefined]);
  });

  it('keep every contact of many writers at once, also while the book is split into more buckets', async () => {
    await stores.addressBooks.replace('alice', bookOf(126), NOW);
    const added = Array.from({ length: 8 }, (_, i) => `new${i}`);
    await Promise.all(added.map((uid) => change([[uid, contactOf(uid, uid)]])));
    expect(await names(...added)).to.deep.equal(added);
    expect(await stores.addressBooks.info('alice')).to.deep.equal({ version: 9, contacts: 134 });
    expect(await names('0', '125')).to.deep.equal(['Contact 0', 'Contact 125']);
    await stores.addressBooks.replace('alice', bookOf(2_000), NOW);
    await stores.addressBooks.replace('alice', bookOf(2), NOW);
    expect((await server.redis.keys(`${stores.keys.heldPart('alice')}*`)).length).to.equal(1);
    expect(await stores.addressBooks.drop('alice', NOW)).to.equal(true);
    expect(await stores.addressBooks.drop('alice', NOW)).to.equal(false);
    expect(await server.redis.keys(`${stores.keys.heldPart('alice')}*`)).to.be.empty;
  });

  it('cannot grow beyond the largest book', async () => {
    await stores.addressBooks.replace('alice', bookOf(LARGEST_BOOK), NOW);
    const refused = await change([['new', contactOf('New', 'new')]]).catch((err) => err.code);
    expect(refused).to.equal('PAYLOAD_TOO_LARGE');
    expect(await change([['new', contactOf('New', 'new')]], ['u7'])).to.deep.equal({
      version: 2,
      contacts: LARGEST_BOOK,
    });
  });

  it('holds so many numbers and no more, in a contact or in all', async () => {
    const numbers = Array.from({ length: MOST_NUMBERS }, (_, i) => keyOf(`n${i}`));
    const many = (numberKeys: string[]): Book => new Map([['many', { name: 'Many', groups: [], numberKeys }]]);
    await stores.addressBooks.replace('alice', many(numbers), NOW);
    expect(await stores.addressBooks.holds('alice', [keyOf('n0'), keyOf(`n${MOST_NUMBERS - 1}`)])).to.deep.equal([
      true,
      true,
    ]);
    const refusals = [
      stores.addressBooks.replace('alice', many([...numbers, keyOf('new')]), NOW),
      change([['other', contactOf('Other', 'new')]]),
    ].map((refused) => refused.catch((err) => err.code));
    expect(await Promise.all(refusals)).to.deep.equal(['PAYLOAD_TOO_LARGE', 'PAYLOAD_TOO_LARGE']);
  });

  it('are written in steps that Redis is soon done with, the last one with the version', async () => {
    await stores.addressBooks.replace('alice', bookOf(10), NOW);
    const packed: number[] = [];
    const watched = watchedStores(server, stores, (args) => {
      packed.push(Math.max(...args.map(({ length }) => length)));
    });
    for (const [size, version] of [
      [LARGEST_BOOK, 2],
      [5_000, 3],
      [30, 4],
    ] as const) {
      const info = await watched.addressBooks.replace('alice', bookOf(size), NOW);
      expect(info).to.deep.equal({ version, contacts: size });
      expect(await stores.addressBooks.info('alice')).to.deep.equal(info);
      expect(await names('0', `${size - 1}`, `${size}`)).to.deep.equal(['Contact 0', `Contact ${size - 1}`, undefined]);
    }
    expect(packed.length).to.be.above(8);
    expect(Math.max(...packed), 'bytes').to.be.below(128 * 1024);
    expect(await stores.addressBooks.replace('alice', bookOf(30), NOW)).to.deep.equal({ version: 4, contacts: 30 });
  });

  it('have lost nothing of either book when their writer dies between two steps, and become whole with the next one', async () => {
    await stores.addressBooks.replace('alice', bookOf(6_000), NOW);
    const others = new Map(
      Array.from({ length: 12_000 }, (_, i) => [`o${i}`, contactOf(`Other ${i}`, `o${i}`)] as const),
    );
    const dying = interruptedStores(
      server,
      stores,
      (args) => args.some(({ length }) => length > 20_000),
      (count) => (count === 3 ? die() : undefined),
    );
    const outcome = await dying.addressBooks.replace('alice', others, NOW).catch((err: Error) => err.message);
    expect(outcome).to.equal('dead');
    expect(await names('0', '5999')).to.deep.equal(['Contact 0', 'Contact 5999']);
    expect((await stores.addressBooks.info('alice')).version, 'nobody was told that it is another book').to.equal(1);
    const dirty = Object.keys(await stores.addressBooks.dirtyNumbers('alice'));
    expect(await stores.addressBooks.holds('alice', dirty), 'what is there is marked').to.not.include(false);
    expect(await stores.addressBooks.replace('alice', others, NOW)).to.deep.equal({ version: 2, contacts: 12_000 });
    expect(await names('0', 'o0', 'o11999')).to.deep.equal([undefined, 'Other 0', 'Other 11999']);
    const { version } = await change([['new', contactOf('New', 'new')]], ['o0']);
    expect(version).to.equal(3);
  });

  it('cost one contact what it costs in a book of 20, in one of 2,000', async function () {
    // A cluster's nodes count apart.
    if (kind === 'a Redis Cluster') this.skip();
    const costs = [];
    for (const size of [20, 2_000]) {
      await stores.addressBooks.replace('alice', bookOf(size), NOW);
      const before = await traffic(server);
      await change([['new', contactOf('New contact', 'new')]]);
      const after = await traffic(server);
      costs.push({ commands: after.commands - before.commands, bytes: after.bytes - before.bytes });
      await change([], ['new']);
    }
    const [small, large] = costs as [(typeof costs)[0], (typeof costs)[0]];
    expect(large.commands / small.commands).to.be.lessThan(1.5);
    expect(large.bytes / small.bytes).to.be.lessThan(1.5);
  });
}
