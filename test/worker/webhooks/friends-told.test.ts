import { expect } from 'chai';
import { OPEN } from '../../../domain/friendship/privacy.ts';
import type { EventKind } from '../../../domain/subscription/event-types.ts';
import type { Friend } from '../../../store/friendship/friends.ts';
import { traffic } from '../../support/redis.ts';
import { kindOf } from '../../support/servers/sink.ts';
import { SCENE_ID as ID, useSinkScene } from '../../support/servers/sink-scene.ts';

const MANY = 300;

describe('what a sink is told of friends', () => {
  const scene = useSinkScene();
  const { server, subscribe, run, come, join, play, stop } = scene;

  const friends = (from: number, to: number): Friend[] =>
    Array.from({ length: to - from }, (_, i) => ({
      ...{ id: `friend-${from + i}-of-somebody`, jid: `friend${from + i}@op.example`, name: 'Name', groups: ['Group'] },
    }));

  async function befriend(id: string, set: readonly Friend[], unset: readonly Friend[] = []): Promise<void> {
    const none = { dirty: [], bar: [], unbar: [] };
    await scene.stores.friends.write(id, { ...none, set, unset: unset.map((friend) => friend.id) }, scene.time);
    scene.time += 1;
    await scene.watch();
  }

  const told = (kind: EventKind) =>
    scene.sink.taken().flatMap((event) => (kindOf(event) === kind ? [event.data.friendId] : []));
  const ids = (some: readonly Friend[]) => some.map(({ id }) => id);
  const noted = (id: string) => scene.stores.sinkWork.friendsTold(ID, id);

  it('costs for each event what it does of somebody with few, however many there are', async () => {
    await subscribe();
    const costs: { commands: number; bytes: number }[] = [];
    for (const count of [30, MANY]) {
      const id = await come();
      await befriend(id, friends(0, count));
      const [before, events] = [await traffic(server), scene.sink.events.length];
      await run();
      const after = await traffic(server);
      expect(scene.sink.taken().slice(events)).to.have.length(count + 1);
      costs.push({
        commands: (after.commands - before.commands) / (count + 1),
        bytes: (after.bytes - before.bytes) / (count + 1),
      });
    }
    const [few, many] = costs as [(typeof costs)[0], (typeof costs)[0]];
    expect(many.bytes, JSON.stringify(costs)).to.be.below(few.bytes * 1.1);
    expect(many.commands, JSON.stringify(costs)).to.be.below(few.commands * 1.1);
  });

  it('is who has come and who has gone, after all else that is to be seen no more, and before that the tune', async () => {
    await subscribe();
    await join();
    const id = `person${scene.people}`;
    await befriend(id, friends(0, 3));
    await play(id);
    await run();
    expect(scene.sink.taken().slice(1).map(kindOf)).to.deep.equal([
      'now-playing-changed',
      ...['friend-added', 'friend-added', 'friend-added'],
    ]);
    await befriend(id, friends(3, 4), friends(1, 3));
    await stop(id);
    const events = scene.sink.events.length;
    await run();
    expect(scene.sink.taken().slice(events).map(kindOf)).to.deep.equal([
      'now-playing-changed',
      ...['friend-removed', 'friend-removed', 'friend-added'],
    ]);
    expect(told('friend-removed').sort()).to.deep.equal(ids(friends(1, 3)));
    expect((await noted(id)).sort()).to.deep.equal(ids([...friends(0, 1), ...friends(3, 4)]));
  });

  it('is nothing of those who were friends before it began, nor of what is not asked for', async () => {
    const id = await come();
    await befriend(id, friends(0, MANY));
    await subscribe({ kinds: ['friend-removed'] });
    await befriend(id, friends(MANY, 2 * MANY));
    await run();
    expect(scene.sink.events).to.deep.equal([]);
    expect((await noted(id)).sort()).to.deep.equal(ids(friends(0, 2 * MANY)).sort());
    await befriend(id, [], friends(MANY, MANY + 2));
    await run();
    expect(told('friend-removed').sort()).to.deep.equal(ids(friends(MANY, MANY + 2)));
  });

  /** Whatever is told is taken; before the first answer to an event of that kind somebody of whom it was not told yet changes. */
  function changeAtFirst(kind: EventKind, some: readonly Friend[], change: (one: Friend) => Promise<void>): void {
    let changed = false;
    scene.sink.answer((response) => {
      const last = scene.sink.events.at(-1);
      if (last) last.taken = true;
      const others = some.filter(({ id }) => id !== last?.data.friendId);
      const now = !changed && last && kindOf(last) === kind;
      changed ||= now === true;
      const done = now ? change(others.at(-1) as Friend) : Promise.resolve();
      void done.then(() => response.writeHead(204).end());
    });
  }

  it('is whom somebody blocks while it is told of, before the tune of after that', async () => {
    await subscribe();
    const id = await come();
    const [blocked] = friends(0, 1) as [Friend];
    await befriend(id, [blocked]);
    await run();
    await play(id, 'Before');
    const events = scene.sink.events.length;
    scene.sink.answer(async (response) => {
      const last = scene.sink.events.at(-1);
      if (last) last.taken = true;
      if (scene.sink.events.length === events + 1) {
        await scene.stores.privacies.put(id, OPEN, [{ subscriberId: blocked.id }], undefined, scene.time);
        await play(id, 'After');
      }
      response.writeHead(204).end();
    });
    await run();
    expect(scene.sink.taken().slice(events).map(kindOf)).to.deep.equal([
      'now-playing-changed',
      'friend-removed',
      'now-playing-changed',
    ]);
    expect(told('friend-removed')).to.deep.equal([blocked.id]);
  });

  it('is not who parted while others were told of, nor that one is none who came back', async () => {
    await subscribe();
    const id = await come();
    await befriend(id, friends(0, 4));
    let parted = '';
    changeAtFirst('friend-added', friends(0, 4), async (one) => {
      parted = one.id;
      await befriend(id, [], [one]);
    });
    await run();
    const left = friends(0, 4).filter((one) => one.id !== parted);
    expect(told('friend-added')).to.have.members(ids(left));
    expect(told('friend-removed')).to.deep.equal([]);
    let back = '';
    await befriend(id, [], left);
    changeAtFirst('friend-removed', left, async (one) => {
      back = one.id;
      await befriend(id, [one]);
    });
    await run();
    expect(told('friend-removed')).to.have.members(ids(left.filter((one) => one.id !== back)));
    expect(told('friend-added')).to.have.length(3);
  });

  it('is forgotten with the subscription', async () => {
    await subscribe();
    const id = await come();
    await befriend(id, friends(0, 1));
    await run();
    expect(await noted(id)).to.have.length(1);
    await scene.stores.subscriptions.change(ID, (one) => ({ ...one, status: 'DELETED' }));
    await run();
    expect(await server.redis.exists(scene.stores.keys.sink.friends(ID, id))).to.equal(0);
  });

  it('lets others have their turn, and goes on behind them', async () => {
    await subscribe();
    const [many, other] = [await come(), await come()];
    await befriend(many, friends(0, 40));
    scene.sink.answer((response) => {
      // Each event takes a while.
      scene.time += 200;
      const last = scene.sink.events.at(-1);
      if (last) last.taken = true;
      response.writeHead(204).end();
    });
    await run();
    const late = await come();
    for (let i = 0; i < 40 && told('friend-added').length < 40; i += 1) await run();
    expect(told('friend-added')).to.have.members(ids(friends(0, 40)));
    const order = scene.sink.taken().map(({ subject }) => subject);
    expect(order.indexOf(other)).to.be.below(order.lastIndexOf(many));
    expect(order.indexOf(late)).to.be.below(order.lastIndexOf(many) - 5);
    const waiting = await scene.stores.sinkWork.waiting(ID, scene.time);
    expect(waiting).to.equal(0);
  });

  it('lose nothing of it where the worker dies just as it lets others have their turn', async () => {
    await subscribe();
    const many = await come();
    await befriend(many, friends(0, 20));
    scene.sink.answer((response) => {
      scene.time += 200;
      const last = scene.sink.events.at(-1);
      if (last) last.taken = true;
      response.writeHead(204).end();
    });
    const { sinkWork } = scene.stores;
    const { ask, settle } = sinkWork;
    let calls = 0;
    const onlyOnce = () => {
      calls += 1;
      if (calls > 1) throw new Error('The worker has died.');
    };
    sinkWork.ask = async (...more) => {
      onlyOnce();
      return ask(...more);
    };
    sinkWork.settle = async (...more) => {
      onlyOnce();
      return settle(...more);
    };
    expect(await run().catch((err: Error) => err.message)).to.equal('The worker has died.');
    Object.assign(sinkWork, { ask, settle });
    expect(told('friend-added')).to.have.length.below(20);
    for (let i = 0; i < 40 && told('friend-added').length < 20; i += 1) {
      scene.time += 10_000;
      await run();
    }
    expect(told('friend-added')).to.have.members(ids(friends(0, 20)));
  });
});
