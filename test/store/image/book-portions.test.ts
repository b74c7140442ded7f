import { expect } from 'chai';
import { LARGEST_BOOK } from '../../../domain/book/address-book.ts';
import { PORTION } from '../../../store/image/book-portions.ts';
import type { Stores } from '../../../store/stores.ts';
import { beginReading, bookOf, joinAlice, keyOf, NOW, readWhole, SOURCE } from '../../support/books.ts';
import { countedStores, die, interruptedStores } from '../../support/measure/watched-stores.ts';
import { REDIS_KINDS, type RedisKind, useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const BOB = {
  id: 'bob',
  phoneNumber: '+8613800138001',
  numberKey: keyOf('bob'),
  jid: 'b@op.example',
  displayName: 'Bob',
};

for (const kind of REDIS_KINDS) describe(`what is done about a whole book, on ${kind}`, () => describeWholeBooks(kind));

function describeWholeBooks(kind: RedisKind): void {
  const server = useRedis(kind);
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    await joinAlice(stores);
  });

  const put = (size: number, first = 0) => stores.addressBooks.replace('alice', bookOf(size, first), NOW);
  const info = (source?: string) => stores.addressBooks.info('alice', source);
  const holds = (...numbers: number[]) =>
    stores.addressBooks.holds(
      'alice',
      numbers.map((number) => keyOf(`${number}`)),
    );
  async function fill(size: number): Promise<void> {
    await stores.sources.link('alice', SOURCE, NOW);
    await readWhole(stores, bookOf(size, 50_000));
  }
  async function dirty(): Promise<string[]> {
    return Object.keys(await stores.addressBooks.dirtyNumbers('alice')).sort();
  }
  async function tidy(): Promise<void> {
    await stores.addressBooks.clearDirtyNumbers('alice', await stores.addressBooks.dirtyNumbers('alice'));
  }
  /** Stores of somebody who dies before the script of that number, or before whom something else is done. */
  function beforeScript(script: number, then: () => void | Promise<void>): Stores {
    return interruptedStores(
      server,
      stores,
      () => true,
      (count) => (count === script ? then() : undefined),
    );
  }
  const outcomeOf = (what: Promise<unknown>) => what.then(String, (err: Error) => err.message);

  it('is done in scripts that each touch so many entries and no more, however large the book', async function () {
    // A cluster's nodes count apart.
    if (kind === 'a Redis Cluster') this.skip();
    await put(LARGEST_BOOK);
    await fill(LARGEST_BOOK);
    const { counted, costs } = countedStores(server, stores);
    await counted.addressBooks.touchAll('alice', NOW);
    expect(await dirty()).to.have.length(2 * LARGEST_BOOK);
    expect(await counted.addressBooks.numbers('alice')).to.have.length(2 * LARGEST_BOOK);
    await counted.sources.link('alice', { ...SOURCE, url: 'https://other.example/' }, NOW);
    await counted.addressBooks.drop('alice', NOW);
    await fill(LARGEST_BOOK);
    await counted.sources.unlink('alice', 's', NOW);
    expect(costs.length).to.be.above((6 * LARGEST_BOOK) / PORTION / 2);
    expect(Math.max(...costs.map(({ commands }) => commands)), 'commands in one script').to.be.below(6 * PORTION);
  });

  it('is the same when whoever empties a book dies between two steps, once somebody goes on', async () => {
    await put(5_000);
    await tidy();
    await addSubscriber(stores, BOB, NOW);
    await stores.pairs.decline('alice', 'bob', [keyOf('0'), keyOf('4999')]);
    const dying = beforeScript(3, die);
    expect(await outcomeOf(dying.addressBooks.drop('alice', NOW))).to.equal('dead');
    expect((await info()).version, 'nobody was told that it is gone').to.equal(1);
    const left = await dirty();
    expect(left.length).to.be.within(PORTION, 4_999);
    expect(await stores.addressBooks.holds('alice', left), 'what is gone is marked').to.not.include(true);
    expect(await stores.due.isMarked('reconcile', 'alice')).to.equal(true);
    expect(await stores.addressBooks.drop('alice', NOW, 1)).to.equal(true);
    expect(await info()).to.deep.equal({ version: 2, contacts: 0 });
    expect(await dirty()).to.have.length(5_000);
    expect(Object.keys(await stores.pairs.forgiven('alice'))).to.deep.equal(['bob']);
    expect(await stores.addressBooks.drop('alice', NOW)).to.equal(false);
    expect(await outcomeOf(stores.addressBooks.drop('alice', NOW, 1))).to.match(/changed this address book/);
  });

  it('leaves the last word to a writer that comes between two steps of emptying it', async () => {
    await put(5_000);
    const overtaken = beforeScript(3, async () => {
      await put(3_000, 4_000);
    });
    expect(await outcomeOf(overtaken.addressBooks.drop('alice', NOW, 1))).to.match(/changed this address book/);
    expect(await info()).to.deep.equal({ version: 2, contacts: 3_000 });
    expect(await holds(0, 3_999, 4_000, 4_999, 6_999)).to.deep.equal([false, false, true, true, true]);
    const again = beforeScript(3, async () => {
      await put(10, 9_000);
    });
    expect(await again.addressBooks.drop('alice', NOW), 'without a version it goes on').to.equal(true);
    expect(await info()).to.deep.equal({ version: 4, contacts: 0 });
    expect(await holds(4_000, 9_000)).to.deep.equal([false, false]);
  });

  it('meets every number, also when the book is split anew meanwhile', async () => {
    await put(3_000);
    await tidy();
    const touching = beforeScript(2, async () => {
      await put(12_000);
      await tidy();
    });
    await touching.addressBooks.touchAll('alice', NOW);
    expect(await dirty()).to.have.length(12_000);
    const reading = beforeScript(2, async () => {
      await put(2_000);
    });
    expect(await reading.addressBooks.numbers('alice')).to.include.members([keyOf('0'), keyOf('1999')]);
  });

  it('has a source whose removal was interrupted read in full', async () => {
    await fill(5_000);
    const dying = beforeScript(4, die);
    expect(await outcomeOf(dying.sources.unlink('alice', 's', NOW))).to.equal('dead');
    expect(await stores.sources.get('alice', 's')).to.include({ url: SOURCE.url, collection: 'c', syncToken: '' });
    expect(await stores.sources.unlink('alice', 's', NOW)).to.equal(true);
    expect([await stores.sources.names('alice'), await info('s')]).to.deep.equal([[], { version: 0, contacts: 0 }]);
    expect(await holds(50_000, 54_999)).to.deep.equal([false, false]);
  });

  it('lets no read write what another address has taken the place of', async () => {
    await fill(3_000);
    const { fence } = await beginReading(stores);
    let late = '';
    const relinking = beforeScript(3, async () => {
      late = await outcomeOf(stores.addressBooks.replaceSource('alice', fence, bookOf(2, 70_000), NOW));
    });
    await relinking.sources.link('alice', { ...SOURCE, url: 'https://other.example/' }, NOW);
    expect(late).to.match(/replaced, removed or read anew/);
    expect((await info('s')).contacts).to.equal(0);
    expect(await holds(50_000, 70_000)).to.deep.equal([false, false]);
  });
}
