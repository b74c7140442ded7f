import { expect } from 'chai';
import type { Contact } from '../../../domain/book/address-book.ts';
import type { ReadOutcome, SourceReading } from '../../../store/source/sources.ts';
import type { Stores } from '../../../store/stores.ts';
import { contactOf, joinAlice, keyOf, NOW } from '../../support/books.ts';
import { useRedis } from '../../support/redis.ts';

const book = (name: string, ...numbers: string[]) => new Map([['u', contactOf(name, ...numbers)]]);

describe('the sources of a subscriber', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    await joinAlice(stores);
  });

  const link = (name: string, url = 'https://dav.example/') =>
    stores.sources.link('alice', { name, url, credentials: 'sealed' }, NOW);
  const begin = async (name: string) => (await stores.sources.begin('alice', name)) as SourceReading;
  const write = ({ fence }: SourceReading, contacts: Map<string, Contact>) =>
    stores.addressBooks.replaceSource('alice', fence, contacts, NOW);
  const outcome = (rest: Partial<ReadOutcome> = {}): ReadOutcome => ({
    collection: 'https://dav.example/book/',
    syncToken: 't1',
    etags: '',
    whole: true,
    cards: [],
    reasons: new Map(),
    ...rest,
  });
  const names = async (...numbers: string[]) =>
    (await stores.addressBooks.labels('alice', numbers.map(keyOf))).map((label) => label?.name);
  const dueAt = async () => server.redis.zScore(stores.keys.due('source', 'alice'), 'alice');

  it('are seen together: the own book first, then the sources by name', async () => {
    for (const name of ['b', 'a']) {
      await link(name);
      await write(await begin(name), book(`In ${name}`, 'x', name));
    }
    expect(await names('x', 'a', 'b')).to.deep.equal(['In a', 'In a', 'In b']);
    await stores.addressBooks.replace('alice', book('My own', 'x'), NOW);
    expect(await names('x', 'a', 'b', 'c')).to.deep.equal(['My own', 'In a', 'In b', undefined]);
    expect(await stores.addressBooks.holds('alice', [keyOf('b')])).to.deep.equal([true]);
    await stores.addressBooks.drop('alice', NOW);
    await stores.addressBooks.clearDirtyNumbers('alice', await stores.addressBooks.dirtyNumbers('alice'));
    expect(await stores.sources.unlink('alice', 'a', NOW)).to.equal(true);
    expect(await names('x', 'a', 'b')).to.deep.equal(['In b', undefined, 'In b']);
    expect(Object.keys(await stores.addressBooks.dirtyNumbers('alice'))).to.have.members([keyOf('x'), keyOf('a')]);
    expect(await stores.sources.unlink('alice', 'a', NOW)).to.equal(false);
  });

  it('are written by the read that began last, and by none that began before a change', async () => {
    await link('a');
    const first = await begin('a');
    const second = await begin('a');
    expect(await write(first, book('Old', 'x')).catch((err) => err.code)).to.equal('FAILED_PRECONDITION');
    await write(second, book('New', 'x'));
    await stores.sources.succeed('alice', first, outcome({ syncToken: 'old' }), NOW, NOW + 9);
    await stores.sources.succeed('alice', second, outcome(), NOW, NOW + 9);
    expect(await stores.sources.get('alice', 'a')).to.include({ syncToken: 't1', contacts: 1, lastRead: NOW });
    await link('a');
    expect(await write(second, book('Late', 'x')).catch((err) => err.code)).to.equal('FAILED_PRECONDITION');
    await stores.sources.fail('alice', second, { code: 'UNAVAILABLE', detail: 'Late.' }, NOW + 9);
    expect(await stores.sources.get('alice', 'a')).to.deep.include({
      collection: 'https://dav.example/book/',
      syncToken: '',
      next: NOW,
      contacts: 1,
      problem: undefined,
    });
    expect(await names('x')).to.deep.equal(['New']);
    await link('a', 'https://other.example/');
    expect(await names('x')).to.deep.equal([undefined]);
  });

  it('keep what was read while reads fail, and where the address book was also when it is there no more', async () => {
    await link('a');
    await stores.sources.succeed('alice', await begin('a'), outcome(), NOW, NOW);
    await stores.sources.fail('alice', await begin('a'), { code: 'UNAVAILABLE', detail: 'Away.' }, NOW);
    const collection = 'https://dav.example/book/';
    expect(await stores.sources.get('alice', 'a')).to.include({
      failures: 1,
      collection,
      syncToken: 't1',
      lastRead: NOW,
    });
    await stores.sources.fail('alice', await begin('a'), { code: 'NOT_FOUND', detail: 'Gone.' }, NOW);
    expect(await stores.sources.get('alice', 'a')).to.include({ failures: 2, collection, syncToken: 't1' });
    await stores.sources.succeed('alice', await begin('a'), outcome(), NOW, NOW);
    expect(await stores.sources.get('alice', 'a')).to.include({ failures: 0, problem: undefined });
  });

  it('are due when the first of them is, and at once for whoever asked while they were read', async () => {
    for (const name of ['a', 'b']) {
      await link(name);
      const reading = await begin(name);
      await stores.sources.succeed('alice', reading, outcome(), NOW, NOW + (name === 'a' ? 5_000 : 4_000));
    }
    await stores.sources.schedule('alice');
    expect(await dueAt()).to.equal(NOW + 4_000);
    const reading = await begin('a');
    await stores.sources.ask('alice', 'a', NOW + 1);
    await stores.sources.succeed('alice', reading, outcome(), NOW, NOW + 9_000);
    await stores.sources.schedule('alice');
    expect(await dueAt()).to.equal(NOW + 1);
    await stores.sources.schedule('alice', new Map([['a', NOW + 4_500]]));
    expect(await dueAt(), 'one that was put off').to.equal(NOW + 4_000);
    await stores.sources.schedule('alice', new Map([['a', NOW + 2_000]]));
    expect(await dueAt()).to.equal(NOW + 2_000);
    for (const name of ['a', 'b']) await stores.sources.unlink('alice', name, NOW);
    await stores.sources.schedule('alice');
    expect(await dueAt()).to.equal(null);
  });

  it('count what was refused, card by card', async () => {
    await link('a');
    const cards = ['1', '2', '3'];
    const reasons = new Map(cards.map((card) => [card, 'No number.']));
    await stores.sources.succeed('alice', await begin('a'), outcome({ reasons }), NOW, NOW);
    const changes = outcome({ whole: false, cards: ['2', '3', '4'], reasons: new Map([['3', 'No vCard.']]) });
    await stores.sources.succeed('alice', await begin('a'), changes, NOW, NOW);
    expect((await stores.sources.get('alice', 'a'))?.rejected).to.have.deep.members([
      { reason: 'No number.', cards: 1 },
      { reason: 'No vCard.', cards: 1 },
    ]);
    await stores.sources.succeed('alice', await begin('a'), outcome(), NOW, NOW);
    expect((await stores.sources.get('alice', 'a'))?.rejected).to.be.empty;
  });
});
