import { expect } from 'chai';
import { AGAIN, GRACE } from '../../../store/due/due.ts';
import { NOTE_ONE, type TakenPart, watchedKeys } from '../../../store/due/watched.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';

const NOW = 1_800_000_000_000;

describe('those of whom subscriptions are to be told', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    await stores.watched.begin('a-subscription');
  });

  const change = (id: string, time: number, withdraws = false) =>
    NOTE_ONE.run(server.redis, watchedKeys(stores.keys, id), { id, dueAt: time + GRACE, withdraws: withdraws ? 1 : 0 });
  const take = async (now: number, most: number) => (await stores.watched.take(now, most)).flatMap(({ ids }) => ids);

  it('keep their place when they change again', async () => {
    await change('one', NOW);
    await change('one', NOW + 2);
    expect(await take(NOW + 1, 1)).to.deep.equal(['one']);
  });

  it('are first those of whom something is withdrawn, who are known as such, though they changed otherwise as well', async () => {
    await change('waits', NOW);
    await change('withdrawn', NOW + 1);
    await change('withdrawn', NOW + 2, true);
    await change('withdrawn', NOW + 3);
    const [taken] = (await stores.watched.take(NOW + 4, 10)).filter(({ ids }) => ids.includes('withdrawn'));
    expect(taken?.withdrawn).to.deep.equal(['withdrawn']);
    expect(taken?.ids[0]).to.equal('withdrawn');
    await change('withdrawn', NOW + 5);
    await stores.watched.settle(taken as TakenPart);
    const again = (await stores.watched.take(NOW + 6, 10)).filter(({ ids }) => ids.includes('withdrawn'));
    expect(again.map(({ withdrawn }) => withdrawn)).to.deep.equal([[]]);
  });

  it('are still those of whom something is withdrawn where whoever took them has died, and changed otherwise since', async () => {
    const withdrawnAt = async (now: number) =>
      (await stores.watched.take(now, 10)).flatMap(({ withdrawn }) => withdrawn);
    await change('withdrawn', NOW, true);
    await change('changed since', NOW, true);
    await change('changed', NOW);
    expect(await withdrawnAt(NOW)).to.have.members(['withdrawn', 'changed since']);
    await change('changed since', NOW + 1);
    expect(await withdrawnAt(NOW + 2)).to.deep.equal(['changed since']);
    expect(await withdrawnAt(NOW + 2 * AGAIN)).to.have.members(['withdrawn', 'changed since']);
    const last = await stores.watched.take(NOW + 4 * AGAIN, 10);
    for (const part of last) await stores.watched.settle(part);
    expect(await take(NOW + 8 * AGAIN, 10)).to.deep.equal([]);
  });

  for (const late of [5, AGAIN + 5_000])
    it(`are passed on again when they change ${late} ms after they were taken`, async () => {
      await change('one', NOW);
      const [taken] = await stores.watched.take(NOW, 1);
      await change('one', NOW + late);
      await stores.watched.settle(taken as TakenPart);
      expect(await take(NOW + late, 1)).to.deep.equal(['one']);
    });
});
