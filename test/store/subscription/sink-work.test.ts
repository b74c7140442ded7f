import { expect } from 'chai';
import { AGAIN } from '../../../store/due/due.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';

const NOW = 1_800_000_000_000;
const ID = 'a-subscription';
const KNOWN = { numbers: 'n', consent: 'c', tune: '' };

describe('the line of those a sink is to be told of', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(() => {
    stores = server.freshStores();
  });

  const take = async (now: number, most: number) => (await stores.sinkWork.take(ID, now, most)).map(({ id }) => id);

  it('keeps the place of who changes again', async () => {
    await stores.sinkWork.ask(ID, ['withdrawn'], NOW);
    await stores.sinkWork.ask(ID, ['other'], NOW + 1);
    await stores.sinkWork.ask(ID, ['withdrawn', 'last'], NOW + 2);
    expect(await take(NOW + 3, 1)).to.deep.equal(['withdrawn']);
    expect(await take(NOW + 3, 3)).to.deep.equal(['other', 'last']);
  });

  it('brings forward who was to be looked at later', async () => {
    const fence = await stores.sinkWork.begin(ID);
    await stores.sinkWork.baseline(ID, fence, 'playing', { value: { known: KNOWN }, come: [], later: NOW + 60_000 });
    await stores.sinkWork.ask(ID, ['playing'], NOW);
    expect(await take(NOW, 1)).to.deep.equal(['playing']);
  });

  for (const [when, late] of [
    ['while somebody looks', 5],
    ['while somebody has looked for longer than it was put off', AGAIN + 5_000],
  ] as const)
    it(`loses nothing that changes ${when}`, async () => {
      await stores.sinkWork.ask(ID, ['one'], NOW);
      const [taken] = await stores.sinkWork.take(ID, NOW, 1);
      await stores.sinkWork.ask(ID, ['one'], NOW + late);
      await stores.sinkWork.settle(ID, taken as { id: string; again: number }, undefined);
      expect(await take(NOW + late, 1)).to.deep.equal(['one']);
    });

  it('is not held up by a run that was overtaken', async () => {
    const [before, present] = [await stores.sinkWork.begin(ID), await stores.sinkWork.begin(ID)];
    expect(await stores.sinkWork.fail(ID, before, NOW)).to.equal(undefined);
    await stores.sinkWork.pause(ID, before, NOW + 60_000);
    expect(await stores.sinkWork.progress(ID)).to.include({ failures: 0, failingSince: undefined, next: 0 });
    expect(await stores.sinkWork.fail(ID, present, NOW)).to.deep.equal({ failures: 1, since: NOW });
    await stores.sinkWork.pause(ID, present, NOW + 1_000);
    expect(await stores.sinkWork.progress(ID)).to.include({ failures: 1, failingSince: NOW, next: NOW + 1_000 });
  });

  it('has nothing noted by a run that was overtaken: neither how somebody was long ago, nor that a sink is back', async () => {
    const [before, present] = [await stores.sinkWork.begin(ID), await stores.sinkWork.begin(ID)];
    await stores.sinkWork.fail(ID, present, NOW);
    await stores.sinkWork.walked(ID, present, 3);
    const long = { value: { known: KNOWN }, come: ['a friend'], later: undefined };
    expect(await stores.sinkWork.baseline(ID, before, 'gone since', long)).to.equal(false);
    expect(await stores.sinkWork.resume(ID, before)).to.equal(false);
    await stores.sinkWork.walked(ID, before, 1);
    expect(await stores.sinkWork.progress(ID)).to.include({ failures: 1, walked: 3 });
    const { told, friends } = stores.keys.sink;
    expect(await server.redis.exists([told(ID), friends(ID, 'gone since')])).to.equal(0);
  });

  it('begins with all of many friends, anew where that broke off, and leaves none of them', async () => {
    const { told, friends } = stores.keys.sink;
    const ids = Array.from({ length: 1_200 }, (_, i) => `friend ${i}`);
    const fence = await stores.sinkWork.begin(ID);
    // So it is left by who dies between two slices.
    await server.redis.hSet(friends(ID, 'one'), 'who has parted since', '');
    await server.redis.hSet(told(ID), 'one', '{"unfinished":true}');
    expect((await stores.sinkWork.told(ID, 'one')).known).to.equal(undefined);
    const present = { value: { known: KNOWN }, come: ids, later: undefined };
    expect(await stores.sinkWork.baseline(ID, fence, 'one', present)).to.equal(true);
    expect((await stores.sinkWork.friendsTold(ID, 'one')).sort()).to.deep.equal([...ids].sort());
    expect(await stores.sinkWork.told(ID, 'one')).to.deep.equal({ known: KNOWN });
    await stores.sinkWork.baseline(ID, fence, 'one', { ...present, come: ['another'] });
    expect(await stores.sinkWork.friendsTold(ID, 'one')).to.have.length(ids.length);
    for (let i = 0; i < 1_100; i += 1)
      await stores.sinkWork.baseline(ID, fence, `other ${i}`, { ...present, come: ['a friend'] });
    await stores.sinkWork.drop(ID);
    const left = await server.redis.keys(`${friends(ID, '')}*`);
    expect(left).to.deep.equal([]);
  });

  it('forgets who was looked at, and has not changed since', async () => {
    await stores.sinkWork.ask(ID, ['one'], NOW);
    const [taken] = await stores.sinkWork.take(ID, NOW, 1);
    await stores.sinkWork.settle(ID, taken as { id: string; again: number }, undefined);
    expect(await stores.sinkWork.waiting(ID)).to.equal(0);
  });
});
