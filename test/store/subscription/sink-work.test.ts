import { expect } from 'chai';
import { AGAIN } from '../../../store/due/due.ts';
import type { Stores } from '../../../store/stores.ts';
import type { TakenOne } from '../../../store/subscription/sink-lines.ts';
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

  it('has those first of whom something may be to be seen no more, and also whose time has come; nobody is in it twice', async () => {
    const fence = await stores.sinkWork.begin(ID);
    await stores.sinkWork.ask(ID, ['added', 'also withdrawn', 'playing'], NOW);
    await stores.sinkWork.baseline(ID, fence, 'ends', { value: { known: KNOWN }, come: [], later: NOW + 3 });
    await stores.sinkWork.ask(ID, ['withdrawn', 'also withdrawn'], NOW + 1, 'first');
    expect(await take(NOW + 2, 1)).to.deep.equal(['also withdrawn']);
    expect(await take(NOW + 3, 2)).to.deep.equal(['withdrawn', 'ends']);
    const [added, playing] = await stores.sinkWork.take(ID, NOW + 3, 9);
    expect([added, playing].map((one) => one?.id)).to.deep.equal(['added', 'playing']);
    await stores.sinkWork.settle(ID, playing as TakenOne, NOW + 5);
    await stores.sinkWork.ask(ID, ['playing'], NOW + 4);
    expect(await take(NOW + 5, 1)).to.deep.equal(['playing']);
    expect(await take(NOW + 5, 9)).to.deep.equal([]);
  });

  it('has whoever changes before everybody, and of them some beside the others, so that all have their turn', async () => {
    await stores.sinkWork.ask(ID, ['one', 'two', 'three', 'withdrawn', 'changes'], NOW, 'roll');
    await stores.sinkWork.ask(ID, ['changes'], NOW + 1);
    await stores.sinkWork.ask(ID, ['another', 'one more'], NOW + 2);
    await stores.sinkWork.ask(ID, ['withdrawn'], NOW + 2, 'first');
    expect(await take(NOW + 2, 3)).to.deep.equal(['withdrawn']);
    expect(await take(NOW + 2, 1)).to.deep.equal(['changes']);
    expect(await take(NOW + 2, 2)).to.deep.equal(['another', 'one']);
    expect(await take(NOW + 2, 3)).to.deep.equal(['one more', 'three', 'two']);
    expect(await take(NOW + 2, 9)).to.deep.equal([]);
  });

  it('keeps who was not taken in its line, behind the others there, and who was asked for since in its place', async () => {
    await stores.sinkWork.ask(ID, ['one', 'two'], NOW, 'first');
    await stores.sinkWork.ask(ID, ['last'], NOW);
    const [one] = await stores.sinkWork.take(ID, NOW, 1);
    await stores.sinkWork.putOff(ID, one as TakenOne, NOW + 1);
    expect(await take(NOW + 1, 2)).to.deep.equal(['two', 'one']);
    const [last] = await stores.sinkWork.take(ID, NOW + 1, 1);
    await stores.sinkWork.ask(ID, ['last'], NOW + 2);
    await stores.sinkWork.putOff(ID, last as TakenOne, NOW + 60_000);
    expect(await take(NOW + 2, 1)).to.deep.equal(['last']);
  });

  it('brings forward who was to be looked at later', async () => {
    const fence = await stores.sinkWork.begin(ID);
    await stores.sinkWork.baseline(ID, fence, 'playing', { value: { known: KNOWN }, come: [], later: NOW + 60_000 });
    expect(await stores.sinkWork.waiting(ID, NOW), 'nobody waits for an end to come').to.equal(0);
    expect(await stores.sinkWork.waiting(ID, NOW + 60_000)).to.equal(1);
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
      await stores.sinkWork.settle(ID, taken as TakenOne, undefined);
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
    await stores.sinkWork.settle(ID, taken as TakenOne, undefined);
    expect(await stores.sinkWork.waiting(ID, NOW)).to.equal(0);
  });
});
