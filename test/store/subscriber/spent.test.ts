import { expect } from 'chai';
import { BUDGET_DAY } from '../../../domain/book/number-budget.ts';
import { createNumberKey } from '../../../runtime/secret/number-key.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';

// By the clock, as Redis ends keys by its own.
const NOW = Date.now();
const keyOf = createNumberKey(Buffer.alloc(32, 1));

describe('a budget of four numbers and one a day, of somebody who forgets it all and comes back', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(() => {
    stores = server.freshStores({ first: 4, daily: 1 });
  });

  const numbersOf = (names: readonly string[]) => ({
    phoneNumber: '+1',
    numberKey: keyOf(names[0] ?? ''),
    numberKeys: names.map(keyOf),
  });

  async function join(id: string, names: readonly string[], now = NOW): Promise<void> {
    const record = { id, ...numbersOf(names), jid: `${id}@op.example`, displayName: '', state: 'pending' as const };
    expect(await stores.subscribers.create(record, now)).to.equal('ok');
    await stores.subscribers.activate(record, now);
  }

  async function leave(id: string): Promise<void> {
    await stores.subscribers.leave(id, NOW);
    const record = await stores.subscribers.record(id);
    if (record) await stores.subscribers.forget(record);
    const [prefix] = stores.keys.lastIndex.split(':');
    expect(await server.redis.keys(`${prefix}:*${id}:*`)).to.deep.equal([]);
  }

  /** How many of these numbers may be looked up. */
  async function look(id: string, letters: string, now = NOW): Promise<number> {
    const { granted } = await stores.budget.spend(id, [...letters].map(keyOf), now);
    return granted.filter(Boolean).length;
  }

  it('has nothing left, however often, until it has come back', async () => {
    await join('first', ['own', 'other']);
    expect(await look('first', 'abcd')).to.equal(4);
    await leave('first');
    await join('second', ['own']);
    expect(await look('second', 'efgh')).to.equal(0);
    await leave('second');
    await join('third', ['own'], NOW + 2 * BUDGET_DAY);
    expect(await look('third', 'efgh', NOW + 2 * BUDGET_DAY)).to.equal(2);
    await join('fourth', ['other']);
    expect(await look('fourth', 'efgh'), 'by another number of the first').to.equal(0);
    await join('stranger', ['somebody else']);
    expect(await look('stranger', 'efgh')).to.equal(4);
  });

  it('takes it along with a number that is given up, and with one that is taken on', async () => {
    await join('first', ['own', 'other']);
    expect(await look('first', 'abc')).to.equal(3);
    const change = async (id: string, names: string[]) =>
      expect(
        await stores.subscribers.identity.change(id, { numbers: numbersOf(names), jid: `${id}@op.example` }, NOW),
      ).to.equal('ok');
    await change('first', ['own']);
    await join('second', ['other']);
    expect(await look('second', 'efgh')).to.equal(1);
    await leave('second');
    await join('third', ['new']);
    await change('third', ['new', 'other']);
    expect(await look('third', 'efgh')).to.equal(0);
  });

  it('keeps no more of who has left than a time under the hash of the number, until then', async () => {
    await join('first', ['own']);
    await look('first', 'ab');
    await leave('first');
    const key = stores.keys.spent(keyOf('own'));
    expect(Number(await server.redis.get(key))).to.equal(NOW + 2 * BUDGET_DAY);
    expect(await server.redis.pTTL(key)).to.be.within(BUDGET_DAY, 2 * BUDGET_DAY);
    await join('quiet', ['silent']);
    await leave('quiet');
    expect(await server.redis.exists(stores.keys.spent(keyOf('silent')))).to.equal(0);
  });
});
