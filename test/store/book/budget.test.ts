import { expect } from 'chai';
import { BUDGET_DAY, NO_BUDGET, type NumberBudget } from '../../../domain/book/number-budget.ts';
import type { SourceFence } from '../../../store/image/source-fence.ts';
import { createStores, type Stores } from '../../../store/stores.ts';
import { contactOf, joinAlice, keyOf, NOW } from '../../support/books.ts';
import { REDIS_KINDS, type RedisKind, useRedis } from '../../support/redis.ts';

const BUDGET: NumberBudget = { first: 3, daily: 2 };

for (const kind of REDIS_KINDS)
  describe(`a budget of three numbers and two a day, on ${kind}`, () => describeBudget(kind));

function describeBudget(kind: RedisKind): void {
  const server = useRedis(kind);
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores(BUDGET);
    await joinAlice(stores);
  });

  const bookOf = (numbers: string) => new Map([...numbers].map((one) => [one, contactOf(one, one)] as const));
  const put = (numbers: string, now = NOW) => stores.addressBooks.replace('alice', bookOf(numbers), now);
  const patch = (numbers: string, remove: string, now = NOW) =>
    stores.addressBooks.change('alice', bookOf(numbers), [...remove], undefined, now);
  const letters = [...'abcdefghij'];
  const counted = async () => {
    const held = await stores.addressBooks.holds('alice', letters.map(keyOf));
    return letters.filter((_, i) => held[i]).join('');
  };
  const dirty = async () => {
    const marks = await stores.addressBooks.dirtyNumbers('alice');
    return letters.filter((one) => keyOf(one) in marks).join('');
  };
  const waiting = async () => (await stores.budget.info('alice')).waiting;

  it('lets so many numbers through; the others are in no book to any look-up, and are marked only when they are', async () => {
    await put('abcdef');
    const now = await counted();
    expect(now).to.have.length(3);
    expect(await dirty()).to.equal(now);
    expect(await waiting()).to.equal(3);
    const [hidden = ''] = letters.slice(0, 6).filter((one) => !now.includes(one));
    expect(await stores.addressBooks.holds('alice', [keyOf(hidden)])).to.deep.equal([false]);
    expect(await stores.addressBooks.labels('alice', [keyOf(hidden), keyOf(now.slice(0, 1))])).to.deep.equal([
      undefined,
      { name: now[0], groups: [] },
    ]);
    await stores.addressBooks.touchAll('alice', NOW);
    expect(await dirty()).to.equal(now);
  });

  it('goes on with what waits as it refills, not before and not more, and is due then', async () => {
    await put('abcdef');
    expect(await stores.due.take('refill', NOW + BUDGET_DAY / 2 - 1, 10)).to.be.empty;
    expect(await stores.due.take('refill', NOW + BUDGET_DAY / 2, 10)).to.deep.equal(['alice']);
    expect(await stores.budget.refill('alice', NOW + BUDGET_DAY / 2 - 1)).to.equal(0);
    expect(await stores.budget.refill('alice', NOW + BUDGET_DAY / 2)).to.equal(1);
    expect(await counted()).to.have.length(4);
    expect(await dirty()).to.equal(await counted());
    expect(await stores.budget.refill('alice', NOW + BUDGET_DAY / 2)).to.equal(0);
    expect(await stores.budget.refill('alice', NOW + 30 * BUDGET_DAY)).to.equal(2);
    expect(await counted()).to.equal('abcdef');
    expect(await waiting()).to.equal(0);
    expect(await stores.due.isMarked('refill', 'alice')).to.equal(false);
  });

  it('never grows beyond the first amount, and takes no time back when a clock goes wrong', async () => {
    await put('a');
    await put('abcdefgh', NOW + 90 * BUDGET_DAY);
    expect(await counted()).to.have.length(4);
    expect(await stores.budget.refill('alice', NOW)).to.equal(0);
    expect(await stores.budget.refill('alice', NOW + 90 * BUDGET_DAY)).to.equal(0);
  });

  it('is not spent again on a number that was asked for before, wherever it has been meanwhile', async () => {
    await put('abc');
    await put('ab');
    await put('');
    await patch('ca', '');
    await stores.addressBooks.drop('alice', NOW);
    await put('bac');
    expect(await counted()).to.equal('abc');
    expect(await waiting()).to.equal(0);
    await patch('d', 'a');
    expect(await counted()).to.equal('bc');
    await patch('a', 'b');
    expect(await counted()).to.equal('ac');
    expect(await waiting()).to.equal(1);
  });

  it('forgets a waiting number that leaves: it was not asked for, and is paid for when it comes back', async () => {
    await put('abc');
    await patch('d', '');
    await stores.addressBooks.clearDirtyNumbers('alice', await stores.addressBooks.dirtyNumbers('alice'));
    await patch('', 'd');
    expect(await dirty(), 'nobody ever looked it up').to.equal('');
    expect(await waiting()).to.equal(0);
    expect(await stores.due.isMarked('refill', 'alice')).to.equal(false);
    await put('d', NOW + BUDGET_DAY);
    expect(await counted()).to.equal('d');
    await put('abcdefg', NOW + BUDGET_DAY);
    expect(await counted()).to.have.length(5);
  });

  it('is one for all books: what two hold is paid for once and waits until the last gives it up', async () => {
    const work = await linked('work');
    await put('ab');
    await stores.addressBooks.replaceSource('alice', work, bookOf('abcd'), NOW);
    expect(await counted()).to.have.length(3);
    await put('abcd');
    expect(await waiting()).to.equal(1);
    await stores.addressBooks.replaceSource('alice', work, bookOf(''), NOW);
    expect([await waiting(), (await counted()).length]).to.deep.equal([1, 3]);
    await stores.addressBooks.replaceSource('alice', work, bookOf('abcd'), NOW);
    await put('');
    expect([await waiting(), (await counted()).length]).to.deep.equal([1, 3]);
    const before = await counted();
    await stores.sources.unlink('alice', 'work', NOW);
    expect([await waiting(), await counted()]).to.deep.equal([0, '']);
    await put('abcd');
    expect(await counted()).to.equal(before);
  });

  async function linked(name: string): Promise<SourceFence> {
    await stores.sources.link('alice', { name, url: 'https://dav.example/', credentials: '' }, NOW);
    const reading = await stores.sources.begin('alice', name);
    if (!reading) throw new Error('The source is gone.');
    return reading.fence;
  }

  it('is spent by single look-ups alike: once for a number, whether or not a book holds it', async () => {
    const spend = (numbers: string, now = NOW) => stores.budget.spend('alice', [...numbers].map(keyOf), now);
    await put('a');
    expect(await spend('aab')).to.deep.equal({ granted: [true, true, true], retryAfter: undefined });
    expect(await spend('bcd')).to.deep.equal({ granted: [true, true, false], retryAfter: BUDGET_DAY / 2000 });
    await put('abc');
    expect(await waiting()).to.equal(0);
    await patch('d', '');
    expect(await waiting()).to.equal(1);
    expect((await spend('d', NOW + BUDGET_DAY / 2)).granted).to.deep.equal([true]);
    expect([await waiting(), await counted(), await dirty()]).to.deep.equal([0, 'abcd', 'abcd']);
  });

  it('tells how many of some numbers wait, and until when, without spending', async () => {
    const standing = (numbers: string) => stores.budget.standing('alice', [...numbers].map(keyOf), NOW);
    expect(await standing('abcdef')).to.include({ waiting: 0 });
    await put('abc');
    await patch('de', '');
    expect(await standing('abd')).to.deep.equal({ waiting: 1, retryAfter: BUDGET_DAY / 1000 });
    expect(await standing('abc')).to.include({ waiting: 0 });
  });

  it('is no limit when it is switched off, which lets through what waits', async () => {
    await put('abcdef');
    const prefix = stores.keys.reconciliation.split(':')[0] ?? '';
    stores = createStores(server.redis, prefix, Buffer.alloc(32), NO_BUDGET);
    expect(await stores.budget.refill('alice', NOW)).to.equal(3);
    await put('abcdefghij');
    expect(await counted()).to.equal('abcdefghij');
    await put('');
    expect((await stores.budget.spend('alice', [keyOf('new')], NOW)).granted).to.deep.equal([true]);
  });

  it('leaves nothing behind when its subscriber is forgotten', async () => {
    await put('abcdef');
    await put('bcdefg');
    const subscriber = await stores.subscribers.record('alice');
    if (subscriber) await stores.subscribers.forget(subscriber);
    const { budget, asked, waiting } = stores.keys.budget('alice');
    for (const key of [budget, asked, waiting]) expect(await server.redis.exists(key), key).to.equal(0);
    expect(await stores.due.isMarked('refill', 'alice')).to.equal(false);
  });
}
