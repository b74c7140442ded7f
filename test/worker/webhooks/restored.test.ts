import { expect } from 'chai';
import { kindOf, type SinkEvent } from '../../support/servers/sink.ts';
import { SCENE_ID as ID, useSinkScene } from '../../support/servers/sink-scene.ts';

const COPY = 'copied:';

/** What somebody believes who has these events, by subscriber: what plays, and the friends. `forgets`: whether it does what is said of the data. */
function believe(events: readonly SinkEvent[], forgets: boolean) {
  const all = new Map<string, { tune: unknown; friends: Set<unknown> }>();
  for (const event of events) {
    const [kind, id = ''] = [kindOf(event), event.subject];
    if (kind === 'subscription-restored' && forgets) all.clear();
    if (kind === 'subscriber-added') all.set(id, { tune: undefined, friends: new Set() });
    if (kind === 'subscriber-removed') all.delete(id);
    const its = all.get(id);
    if (kind === 'now-playing-changed' && its) its.tune = (event.data.nowPlaying as { title: string } | null)?.title;
    if (kind === 'friend-added') its?.friends.add(event.data.friendId);
    if (kind === 'friend-removed') its?.friends.delete(event.data.friendId);
  }
  return all;
}

/** Whom somebody takes for friends of one who is told of friends alone. */
function believed(events: readonly SinkEvent[]): Set<unknown> {
  const friends = new Set<unknown>();
  for (const event of events) {
    if (kindOf(event) === 'friend-added') friends.add(event.data.friendId);
    if (kindOf(event) === 'friend-removed') friends.delete(event.data.friendId);
  }
  return friends;
}

describe('a sink of which nobody knows what it was told, as an older copy of Redis was put back', () => {
  const scene = useSinkScene();
  const { server, subscribe, run, come, play, stop } = scene;

  const keysOf = (prefix: string) => server.redis.keys(`${prefix}*`);
  const prefix = () => `${scene.stores.keys.outletsUsed.split(':')[0]}:`;

  async function copy(): Promise<void> {
    for (const key of await keysOf(prefix())) await server.redis.copy(key, COPY + key, { REPLACE: true });
  }

  async function putBack(): Promise<void> {
    for (const key of await keysOf(prefix())) await server.redis.del(key);
    for (const key of await keysOf(COPY + prefix())) await server.redis.copy(key, key.slice(COPY.length));
    await scene.stores.subscriptions.doubtAll();
  }

  async function untilTold(): Promise<void> {
    for (let i = 0; i < 100; i += 1) {
      await run();
      const { restored } = (await scene.stores.subscriptions.get(ID)) ?? {};
      if (restored === undefined && (await scene.stores.sinkWork.first(ID)) === undefined) return;
      scene.time += 1_000;
    }
    throw new Error('There is always more to tell.');
  }

  const friend = (id: string) => ({ id, jid: `${id}@op.example`, name: id, groups: [] });
  type Written = Parameters<typeof scene.stores.friends.write>[1];
  const none: Written = { set: [], unset: [], dirty: [], bar: [], unbar: [] };

  it('is told so, and then of everybody as they are by these data, whatever it has been told since the copy', async () => {
    await subscribe();
    const [plays, silent, back, parts] = [await come(), await come(), await come(), await come()];
    await play(silent, 'Before the copy');
    await run();
    await stop(silent);
    await run();
    await copy();
    await play(silent, 'Since the copy');
    await play(plays, 'Since the copy as well');
    await scene.stores.subscribers.leave(back, scene.time);
    await scene.stores.friends.write(parts, { ...none, set: [friend('of the time since')] }, scene.time);
    const unknown = await come();
    await run();
    expect(believe(scene.sink.taken(), false).get(silent)?.tune).to.equal('Since the copy');
    expect([...believe(scene.sink.taken(), false).keys()]).to.have.members([plays, silent, parts, unknown]);
    const since = scene.sink.events.length;
    await putBack();
    await untilTold();
    const events = scene.sink.taken();
    expect(events.slice(since).map(kindOf)[0]).to.equal('subscription-restored');
    const whoever = believe(events, false);
    for (const id of [plays, silent, back, parts])
      expect(whoever.get(id), id).to.deep.equal({ tune: undefined, friends: new Set() });
    expect([...believe(events, true).keys()]).to.have.members([plays, silent, back, parts]);
    const told = scene.sink.events.length;
    await run();
    expect(scene.sink.events).to.have.length(told);
  });

  it('hears of what plays by these data, also where it has asked for that alone', async () => {
    await subscribe({ kinds: ['now-playing-changed'] });
    const [plays, silent] = [await come(), await come()];
    await play(plays, 'By the copy');
    await run();
    await copy();
    await play(plays, 'Since');
    await play(silent, 'Since, too');
    await run();
    const since = scene.sink.events.length;
    await putBack();
    // The tune ends a day later.
    for (let i = 0; i < 10; i += 1) {
      await run();
      scene.time += 1_000;
    }
    const told = scene.sink.taken().slice(since + 1);
    const titleOf = ({ data }: SinkEvent) => (data.nowPlaying as { title: string } | null)?.title;
    expect(told.map((event) => [event.subject, titleOf(event)])).to.deep.equal([
      [silent, undefined],
      [plays, 'By the copy'],
    ]);
  });

  it('hears what changes meanwhile before everybody is told of, also while not all have been looked at', async () => {
    await subscribe();
    const ids: string[] = [];
    for (let i = 0; i < 60; i += 1) ids.push(await come());
    await run();
    await scene.stores.subscriptions.doubtAll();
    const [plays = ''] = ids.slice(-1);
    scene.sink.answer(async (response) => {
      const last = scene.sink.events.at(-1);
      if (last) last.taken = true;
      if (last && kindOf(last) === 'subscription-restored') await play(plays, 'Meanwhile');
      response.writeHead(204).end();
    });
    // A slow machine: so late it is at each look at the clock.
    const { now } = scene.context;
    scene.context.now = () => {
      scene.time += 20;
      return now();
    };
    const since = scene.sink.events.length;
    await run();
    const events = scene.sink.events.slice(since);
    expect((await scene.stores.subscriptions.get(ID))?.restored, 'it gives way').to.be.a('string');
    expect(events.length, 'of all it was told').to.be.below(ids.length);
    const its = events.filter(({ subject }) => subject === plays);
    expect(its.map(kindOf)).to.deep.equal(['subscriber-added', 'now-playing-changed']);
    const others = events.slice(0, events.indexOf(its[1] as SinkEvent)).map(({ subject }) => subject);
    expect(others.length, 'before it').to.be.below(10);
    scene.sink.answer(204);
    scene.context.now = now;
    await stop(plays);
    await untilTold();
    const told = scene.sink.events.slice(since);
    expect(told.filter((event) => kindOf(event) === 'subscription-restored')).to.have.length(1);
    const all = told.filter((event) => kindOf(event) === 'subscriber-added').map(({ subject }) => subject);
    expect(all).to.have.members(ids);
  });

  it('is told anew also of who changes before it is come to, once, and not what differs from what it has forgotten', async () => {
    await subscribe();
    const id = await come();
    await run();
    const { sinkWork, subscriptions } = scene.stores;
    await subscriptions.change(ID, (one) => ({ ...one, restored: 'stamp' }));
    // A walk of many runs, which has not come to that one.
    await sinkWork.noteRestoring(ID, await sinkWork.begin(ID), 'stamp {"page":999}');
    const { elapsed } = scene.context;
    scene.context.elapsed = () => {
      scene.time += 20;
      return elapsed();
    };
    const since = scene.sink.events.length;
    await play(id, 'Meanwhile');
    await run();
    expect(scene.sink.taken().slice(since).map(kindOf)).to.deep.equal(['subscriber-added', 'now-playing-changed']);
    await play(id, 'Another');
    await run();
    expect(
      scene.sink
        .taken()
        .slice(since + 2)
        .map(kindOf),
    ).to.deep.equal(['now-playing-changed']);
    expect((await subscriptions.get(ID))?.restored, 'it is still under way').to.equal('stamp');
  });

  it('hears of a friend who parts, though it was told of that one anew before the walk came to whom it is about', async () => {
    await subscribe({ kinds: ['friend-added', 'friend-removed'] });
    const { friends, sinkWork, subscriptions } = scene.stores;
    const id = await come();
    const write = async (changes: Partial<Written>) => {
      await friends.write(id, { ...none, ...changes }, scene.time);
      await scene.watch();
    };
    await write({ set: [friend('before')] });
    await run();
    await subscriptions.change(ID, (one) => ({ ...one, restored: 'stamp' }));
    const place = async (where: object) =>
      sinkWork.noteRestoring(ID, await sinkWork.begin(ID), `stamp ${JSON.stringify(where)}`);
    await place({ page: 999 });
    const { elapsed } = scene.context;
    scene.context.elapsed = () => {
      scene.time += 20;
      return elapsed();
    };
    await write({ set: [friend('since')] });
    await run();
    expect(believed(scene.sink.taken())).to.deep.equal(new Set(['before', 'since']));
    expect((await subscriptions.get(ID))?.restored, 'the walk has not come to it').to.equal('stamp');
    scene.context.elapsed = elapsed;
    await place({ told: '' });
    await friends.write(id, { ...none, unset: ['since'] }, scene.time);
    await untilTold();
    expect(believed(scene.sink.taken())).to.deep.equal(new Set(['before']));
  });

  it('hears that a tune has ended also where it refuses to be told once more of whom it knows', async () => {
    await subscribe();
    const id = await come();
    await copy();
    await play(id, 'Since the copy');
    await run();
    await putBack();
    scene.sink.answer((response) => {
      const last = scene.sink.events.at(-1);
      const isTaken = last !== undefined && kindOf(last) !== 'subscriber-added';
      if (isTaken) last.taken = true;
      response.writeHead(isTaken ? 204 : 409).end();
    });
    for (let i = 0; i < 4; i += 1) {
      await run();
      scene.time += 60_000;
    }
    expect(believe(scene.sink.taken(), false).get(id)?.tune).to.equal(undefined);
    expect(scene.sink.taken().at(-1)?.data).to.include({ nowPlaying: null });
    expect(scene.sink.taken().filter((event) => kindOf(event) === 'now-playing-changed')).to.have.length(2);
  });

  it('is told of everybody also where it refuses the event that says so', async () => {
    await subscribe();
    const id = await come();
    await run();
    await scene.stores.subscriptions.doubtAll();
    scene.sink.answer((response) => {
      const last = scene.sink.events.at(-1);
      const isTaken = last !== undefined && kindOf(last) !== 'subscription-restored';
      if (isTaken) last.taken = true;
      response.writeHead(isTaken ? 204 : 422).end();
    });
    const before = scene.sink.taken().length;
    await untilTold();
    const told = scene.sink.taken().slice(before);
    expect(told.filter((event) => kindOf(event) === 'subscriber-added').map(({ subject }) => subject)).to.deep.equal([
      id,
    ]);
  });

  it('is told all of it though it was away, and though whoever tells it is killed in the middle', async () => {
    await subscribe();
    const ids = [await come(), await come(), await come()];
    await run();
    await scene.stores.subscriptions.doubtAll();
    scene.sink.answer(503);
    await run();
    expect((await scene.stores.subscriptions.get(ID))?.restored).to.be.a('string');
    scene.time += 60_000;
    // Killed after the sink has heard that the data were put back.
    const dying = new AbortController();
    scene.context.stopped = dying.signal;
    scene.sink.answer((response) => {
      const last = scene.sink.events.at(-1);
      if (last) last.taken = true;
      dying.abort();
      response.writeHead(204).end();
    });
    await run();
    scene.context.stopped = new AbortController().signal;
    scene.sink.answer(204);
    scene.time += 60_000;
    const since = scene.sink.events.length;
    await untilTold();
    const [restored, ...added] = scene.sink.events.slice(since);
    expect(restored && kindOf(restored)).to.equal('subscription-restored');
    expect(
      scene.sink.events.filter((event) => kindOf(event) === 'subscription-restored').map(({ id }) => id),
    ).to.deep.equal(Array(3).fill(restored?.id));
    expect(added.filter((event) => kindOf(event) === 'subscriber-added').map(({ subject }) => subject)).to.have.members(
      ids,
    );
  });
});
