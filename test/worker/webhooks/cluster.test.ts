import { expect } from 'chai';
import { kindOf } from '../../support/servers/sink.ts';
import { SCENE_ID as ID, useSinkScene } from '../../support/servers/sink-scene.ts';

describe('a subscription on a Redis Cluster', () => {
  const scene = useSinkScene('a Redis Cluster');
  const { subscribe, run, come, play, stop } = scene;

  const friend = { id: 'a friend', jid: 'friend@op.example', name: 'Friend', groups: [] };
  const none = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
  const befriend = (id: string, changes: object) => scene.stores.friends.write(id, { ...none, ...changes }, scene.time);

  it('tells of subscribers on every master, is told anew after older data, and leaves nothing', async () => {
    await subscribe();
    const ids: string[] = [];
    for (let i = 0; i < 20; i += 1) ids.push(await come());
    await run();
    for (const id of ids) {
      await befriend(id, { set: [friend] });
      await play(id);
    }
    await run();
    for (const id of ids) {
      await befriend(id, { unset: [friend.id] });
      await stop(id);
    }
    await run();
    await scene.stores.subscriptions.doubtAll();
    for (let i = 0; i < 10; i += 1) {
      await run();
      scene.time += 1_000;
    }
    for (const id of ids) {
      const its = scene.sink.taken().filter(({ subject }) => subject === id);
      expect(its.map(kindOf), id).to.deep.equal([
        ...['subscriber-added', 'now-playing-changed', 'friend-added', 'now-playing-changed', 'friend-removed'],
        ...['subscriber-added', 'now-playing-changed'],
      ]);
    }
    await scene.stores.subscriptions.change(ID, (one) => ({ ...one, status: 'DELETED' }));
    await run();
    const { told, due, first, friends } = scene.stores.keys.sink;
    expect(await scene.server.redis.exists([told(ID), due(ID), first(ID), friends(ID, ids[0] ?? '')])).to.equal(0);
    expect(await scene.stores.watched.isAny()).to.equal(false);
  });
});
