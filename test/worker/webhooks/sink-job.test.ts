import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { OPEN, type Privacy } from '../../../domain/friendship/privacy.ts';
import { EVENT_KINDS, scopeOf } from '../../../domain/subscription/event-types.ts';
import { createAddressGuard } from '../../../runtime/internal-addresses.ts';
import type { EventFacts } from '../../../service/telling/cloud-event.ts';
import { createLook } from '../../../service/telling/look.ts';
import { type Telling, tellOne } from '../../../service/telling/tell.ts';
import type { TakenOne } from '../../../store/subscription/sink-lines.ts';
import type { Subscription } from '../../../store/subscription/subscription-record.ts';
import { createGuardedAgent } from '../../../worker/carddav/agent.ts';
import { createSinkJob } from '../../../worker/webhooks/sink-job.ts';
import { kindOf, type SinkEvent, startSink } from '../../support/servers/sink.ts';
import { SCENE_ID as ID, useSinkScene } from '../../support/servers/sink-scene.ts';

const DAY = 86_400_000;

describe('the sink job', () => {
  const scene = useSinkScene();
  const { server, subscribe, run, join, come, play, stop } = scene;

  const tuneOf = ({ data }: SinkEvent) => (data.nowPlaying as { title: string } | null)?.title;

  /** Whoever may do so says that nothing more is to be told. */
  const WITHDRAWN: Record<string, (owner: string) => Promise<unknown>> = {
    'the subscription is deleted': () =>
      scene.stores.subscriptions.change(ID, (one) => ({
        ...one,
        status: 'DELETED',
        ended: { reason: 'SUBSCRIPTION_DELETED', at: scene.time },
      })),
    'the credential is revoked': (owner) => scene.stores.credentials.revoke(owner, scene.time),
  };

  for (const [what, withdraw] of Object.entries(WITHDRAWN))
    it(`tells nobody else in the same run once ${what}`, async () => {
      const scopes = [...new Set(EVENT_KINDS.map(scopeOf))];
      const made = await scene.stores.credentials.create({ name: 'carrier', scopes, ranges: ['+86138'] }, scene.time);
      const owner = (made as { credential: { id: string } }).credential.id;
      await subscribe({ owner, maxEvents: 100 });
      for (let i = 0; i < 3; i += 1) await come();
      scene.sink.answer((response) => void withdraw(owner).then(() => response.writeHead(204).end()));
      await run();
      expect(scene.sink.events.map(kindOf)).to.deep.equal(['subscriber-added']);
      expect(Object.keys(await server.redis.hGetAll(scene.stores.keys.sink.told(ID)))).to.have.length(1);
    });

  it('begins, and leaves it to another run, which reads all anew, to tell', async () => {
    await come();
    await subscribe({ initial: true });
    expect(scene.sink.events).to.deep.equal([]);
    await run();
    expect(scene.sink.events.map(kindOf)).to.deep.equal(['subscriber-added']);
  });

  it('says of which subscription the record cannot be read, and nothing of what is in it', async () => {
    await subscribe();
    const { records } = scene.stores.keys.subscriptions;
    for (const broken of ['{"sink": "https://hidden', 'null', '"hidden"']) {
      await server.redis.hSet(records, ID, broken);
      const err = await run().catch((one: unknown) => one);
      expect(err).to.be.an.instanceOf(Error);
      const { message, stack } = err as Error;
      expect(message).to.contain(ID);
      expect(stack).to.not.contain('hidden');
    }
  });

  it('looks at everybody after something could not be passed on to it, and is told of who came and who is gone', async () => {
    await subscribe();
    const [stays, leaves] = [await come(), await come()];
    await run();
    expect(scene.sink.taken()).to.have.length(2);
    const due = scene.stores.keys.sink.due(ID);
    await server.redis.set(due, 'no sorted set');
    const comes = await come();
    await scene.stores.subscribers.leave(leaves, scene.time);
    await scene.watch();
    await server.redis.del(due);
    await run();
    const events = scene.sink.taken().slice(2);
    expect(events.map((event) => `${event.subject} ${kindOf(event)}`)).to.have.members([
      `${comes} subscriber-added`,
      `${leaves} subscriber-removed`,
    ]);
    expect((await scene.stores.subscriptions.get(ID))?.missed).to.equal(undefined);
    await play(stays);
    await run();
    expect(scene.sink.taken().slice(4).map(kindOf)).to.deep.equal(['now-playing-changed']);
  });

  it('leaves nothing of an event at the signal that the worker ends', async () => {
    const { stopped } = scene.context;
    await subscribe();
    for (let i = 0; i < 3; i += 1) await join();
    expect(scene.sink.taken()).to.have.length(3);
    expect(getEventListeners(stopped, 'abort')).to.deep.equal([]);
    // Where Node.js keeps the signals that `AbortSignal.any` has made of it.
    const kept = Object.getOwnPropertySymbols(stopped).find(({ description }) => description === 'kDependantSignals');
    const dependants = kept && (stopped as unknown as Record<symbol, Set<unknown> | undefined>)[kept];
    expect(dependants?.size ?? 0).to.equal(0);
  });

  it('has Node.js see no leak where more than ten sinks are called at a time', async () => {
    await subscribe();
    const made = (await scene.stores.subscriptions.get(ID)) as Subscription;
    const ids = Array.from({ length: 12 }, (_, i) => `beside ${i}`);
    for (const id of ids) {
      await scene.stores.subscriptions.create({ ...made, id, secrets: [] });
      await scene.stores.watched.begin(id);
    }
    await come();
    const warnings: string[] = [];
    const warned = ({ name }: Error) => void warnings.push(name);
    process.on('warning', warned);
    const held: { writeHead(status: number): { end(): void } }[] = [];
    scene.sink.answer((response) => {
      held.push(response);
      if (held.length === ids.length) for (const one of held) one.writeHead(204).end();
    });
    const job = createSinkJob(scene.context);
    await Promise.all(ids.map((id) => job(id)));
    process.off('warning', warned);
    expect(held).to.have.length(ids.length);
    expect(warnings).to.deep.equal([]);
  });

  it('is forgotten once its owner has ended it and the sink was told so, whatever was asked for meanwhile', async () => {
    await subscribe();
    await join();
    await WITHDRAWN['the subscription is deleted']?.('operator');
    scene.sink.answer(503);
    expect(await run()).to.be.above(scene.time);
    expect(await scene.stores.subscriptions.get(ID)).to.not.equal(undefined);
    scene.time += 60_000;
    scene.sink.answer(204);
    expect(await run()).to.equal(undefined);
    expect(await scene.stores.subscriptions.get(ID)).to.equal(undefined);
    // By a look at who has changed that had read it before.
    await scene.stores.sinkWork.ask(ID, ['somebody'], scene.time);
    await run();
    const [prefix] = scene.stores.keys.sink.due(ID).split(':');
    expect(await server.redis.keys(`${prefix}:{sink-${ID}}*`)).to.deep.equal([]);
    expect(scene.sink.taken().map(kindOf)).to.deep.equal(['subscriber-added', 'subscription-ended']);
  });

  it('is kept for a day where it ended otherwise, so that its owner can read why', async () => {
    await subscribe({ expiresAt: scene.time + 1_000 });
    scene.time += 2_000;
    const again = await run();
    expect(scene.sink.taken().map(kindOf)).to.deep.equal(['subscription-ended']);
    expect(again).to.be.within(scene.time + DAY - 3_000, scene.time + DAY);
    scene.time = again ?? 0;
    await run();
    expect(await scene.stores.subscriptions.get(ID)).to.equal(undefined);
  });

  it('tells what has changed, once', async () => {
    await subscribe();
    await join();
    expect(scene.sink.taken().map(kindOf)).to.deep.equal(['subscriber-added']);
    await run();
    expect(scene.sink.events).to.have.length(1);
    expect(await scene.stores.sinkWork.progress(ID)).to.include({ events: 1, failures: 0 });
  });

  for (const status of [500, 503, 404, 429, 302] as const)
    it(`tries again what was answered with ${status}, later each time, with the same id`, async () => {
      await subscribe();
      scene.sink.answer(status);
      const pauses: number[] = [];
      for (let again = (await join()) ?? 0; pauses.length < 4; again = (await run()) ?? 0) {
        pauses.push(again - scene.time);
        expect(await run(), 'it is not tried before').to.equal(again);
        scene.time = again + DAY / 1_000;
      }
      expect(
        pauses.every((pause, i) => i === 0 || pause > (pauses[i - 1] as number)),
        `${pauses}`,
      ).to.equal(true);
      scene.sink.answer(204);
      scene.time += DAY / 10;
      await run();
      expect(new Set(scene.sink.events.map(({ id }) => id)).size).to.equal(1);
      expect(scene.sink.taken()).to.have.length(1);
      expect(await scene.stores.sinkWork.progress(ID)).to.include({ events: 1, failures: 0 });
    });

  it('follows no redirect, to whatever it leads', async () => {
    await subscribe();
    const [other, before] = [await startSink(), scene.sink.events.length];
    scene.sink.answer((response) => response.writeHead(307, { location: other.url }).end());
    await join();
    expect(scene.sink.events.length - before).to.equal(1);
    expect(other.events).to.deep.equal([]);
    await other.stop();
  });

  it('reads no more of an answer than its status', async () => {
    await subscribe();
    let sent = 0;
    let brokenOff = new Promise<void>(() => {});
    scene.sink.answer((response) => {
      response.writeHead(200);
      brokenOff = new Promise((resolve) => response.once('close', resolve));
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    });
    await join();
    expect(await scene.stores.sinkWork.progress(ID)).to.include({ events: 1 });
    await brokenOff;
    expect(sent).to.be.below(10_000_000);
  });

  it('waits for no answer for ever', async () => {
    scene.context.patience = 200;
    await subscribe();
    const held: { end(): void }[] = [];
    scene.sink.answer((response) => void held.push(response));
    expect(await join()).to.be.above(scene.time);
    expect(await scene.stores.sinkWork.progress(ID)).to.include({ failures: 1 });
    for (const response of held) response.end();
  });

  it('connects to no internal address that is not allowed, whatever was allowed when it was subscribed', async () => {
    await subscribe();
    await scene.context.agent.destroy();
    scene.context.agent = createGuardedAgent(createAddressGuard([]), null);
    await join();
    expect(scene.sink.events).to.deep.equal([]);
    expect(await scene.stores.sinkWork.progress(ID)).to.include({ failures: 1 });
  });

  it('ends at 410, and keeps nothing of what it has told', async () => {
    await subscribe();
    await join();
    scene.sink.answer(410);
    await join();
    await run();
    const ended = await scene.stores.subscriptions.get(ID);
    expect(ended).to.deep.include({ status: 'DELETED' });
    expect(ended?.ended?.reason).to.equal('NETWORK_TERMINATED');
    expect(await server.redis.exists([scene.stores.keys.sink.told(ID), scene.stores.keys.sink.due(ID)])).to.equal(0);
    expect(await scene.stores.watched.isAny()).to.equal(false);
    scene.time += DAY + 1;
    await run();
    expect(await scene.stores.subscriptions.get(ID)).to.equal(undefined);
    expect(scene.sink.events.map(kindOf)).to.deep.equal(['subscriber-added', 'subscriber-added']);
  });

  it('pauses a sink that has failed for a day, tries it once an hour, and tells it so when it is back, and what is so then', async () => {
    await subscribe();
    scene.sink.answer(500);
    await join();
    const began = scene.time;
    while (scene.time - began <= DAY) scene.time = ((await run()) ?? 0) + 1;
    await run();
    expect((await scene.stores.subscriptions.get(ID))?.status).to.equal('INACTIVE');
    const again = await run();
    expect((again ?? 0) - scene.time).to.be.within(2_000_000, 4_600_000);
    await join();
    scene.sink.answer(204);
    scene.time = (again ?? 0) + 1;
    await run();
    expect(scene.sink.taken().map(kindOf)).to.deep.equal([
      'subscription-resumed',
      'subscriber-added',
      'subscriber-added',
    ]);
    expect((await scene.stores.subscriptions.get(ID))?.status).to.equal('ACTIVE');
  });

  it('is back also where it refuses the event that says so', async () => {
    await subscribe();
    scene.sink.answer(500);
    await join();
    while ((await scene.stores.subscriptions.get(ID))?.status !== 'INACTIVE')
      scene.time = ((await run()) ?? 0) + DAY / 4;
    scene.sink.answer((response) => {
      const last = scene.sink.events.at(-1);
      const isTaken = last !== undefined && kindOf(last) !== 'subscription-resumed';
      if (isTaken) last.taken = true;
      response.writeHead(isTaken ? 204 : 400).end();
    });
    scene.time += DAY;
    await run();
    expect((await scene.stores.subscriptions.get(ID))?.status).to.equal('ACTIVE');
    expect(scene.sink.taken().map(kindOf)).to.deep.equal(['subscriber-added']);
  });

  it('says once more that it is back, as before, where it broke off before that was noted', async () => {
    await subscribe();
    scene.sink.answer(500);
    await join();
    const { failingSince } = await scene.stores.sinkWork.progress(ID);
    while ((await scene.stores.subscriptions.get(ID))?.status !== 'INACTIVE')
      scene.time = ((await run()) ?? 0) + DAY / 4;
    const { records } = scene.stores.keys.subscriptions;
    scene.sink.answer((response) => {
      scene.sink.answer(204);
      const broken = server.redis.multi().rename(records, `${records}-aside`).set(records, 'no hash').exec();
      void broken.then(() => response.writeHead(204).end());
    });
    scene.time += DAY;
    const before = scene.sink.events.length;
    const broken = await run().catch((err: unknown) => `${err}`);
    expect(broken).to.contain('WRONGTYPE');
    await server.redis.rename(`${records}-aside`, records);
    await run();
    const said = scene.sink.events.slice(before);
    expect(said.map(kindOf)).to.deep.equal(['subscription-resumed', 'subscription-resumed', 'subscriber-added']);
    expect(said[0]?.id).to.equal(said[1]?.id);
    expect(said[1]?.data.failingSince).to.equal(new Date(failingSince as number).toISOString());
    expect((await scene.stores.subscriptions.get(ID))?.status).to.equal('ACTIVE');
  });

  it('ends a subscription whose sink has failed for a month', async () => {
    await subscribe();
    scene.sink.answer(500);
    await join();
    const began = scene.time;
    while (scene.time - began <= 30 * DAY && (await scene.stores.subscriptions.get(ID))?.ended === undefined)
      scene.time = ((await run()) ?? 0) + 3 * DAY;
    await run();
    expect((await scene.stores.subscriptions.get(ID))?.ended?.reason).to.equal('NETWORK_TERMINATED');
  });

  for (const status of [400, 409, 413, 422] as const)
    it(`is held up by no event that is refused with ${status}, which is tried again by itself`, async () => {
      await subscribe();
      const poisoned = await come();
      const good = [await come(), await come()];
      scene.sink.answer((response) => {
        const last = scene.sink.events.at(-1);
        if (last && last.subject !== poisoned) last.taken = true;
        response.writeHead(last?.subject === poisoned ? status : 204).end();
      });
      expect(await run()).to.be.above(scene.time);
      good.push(await come());
      await run();
      expect(scene.sink.taken().map(({ subject }) => subject)).to.have.members(good);
      expect(await scene.stores.sinkWork.progress(ID)).to.include({ failures: 0, next: 0 });
      expect(scene.sink.events.filter(({ subject }) => subject === poisoned)).to.have.length(1);
      scene.sink.answer(204);
      scene.time += 60_000;
      await run();
      const tries = scene.sink.events.filter(({ subject }) => subject === poisoned);
      expect(tries).to.have.length(2);
      expect(tries[0]?.id).to.equal(tries[1]?.id);
    });

  it('leaves a sink alone for a while that refuses all that it is told', async () => {
    await subscribe();
    for (let i = 0; i < 30; i += 1) await come();
    scene.sink.answer(400);
    expect(await run()).to.be.above(scene.time);
    expect(scene.sink.events).to.have.length.below(30);
    expect(await scene.stores.sinkWork.progress(ID)).to.include({ failures: 1 });
  });

  it('hears the end of a tune by its length in time, whatever else of the same subscriber it refuses', async () => {
    await subscribe();
    const id = await come();
    await play(id, 'Song', 600_000);
    await run();
    scene.sink.answer((response) => {
      const last = scene.sink.events.at(-1);
      const isTaken = last !== undefined && kindOf(last) !== 'friend-added';
      if (isTaken) last.taken = true;
      response.writeHead(isTaken ? 204 : 422).end();
    });
    const friend = { id: 'a friend', jid: 'friend@op.example', name: 'Friend', groups: [] };
    await scene.stores.friends.write(id, { set: [friend], unset: [], dirty: [], bar: [], unbar: [] }, scene.time);
    await scene.watch();
    const began = scene.time;
    for (const minutes of [0, 1, 3, 7]) {
      scene.time = began + minutes * 60_000;
      await run();
    }
    expect(scene.sink.events.filter((event) => kindOf(event) === 'friend-added').length).to.be.above(2);
    const before = scene.sink.taken().length;
    scene.time = began + 601_000;
    await run();
    expect(
      scene.sink
        .taken()
        .slice(before)
        .map(({ data }) => data.nowPlaying),
    ).to.deep.equal([null]);
  });

  for (const refused of ['friend-added', 'consent-changed'])
    it(`tells what is to be seen no more of somebody of whom ${refused} is refused, and that with the same id as long as there is nothing else`, async () => {
      await subscribe();
      const id = await come();
      const friend = (name: string) => ({ id: `${name} of them`, jid: `${name}@op.example`, name, groups: [] });
      const none = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
      const befriend = (set: string[], unset: string[] = []) =>
        scene.stores.friends.write(
          id,
          { ...none, set: set.map(friend), unset: unset.map((one) => `${one} of them`) },
          scene.time,
        );
      await befriend(['former']);
      await play(id);
      await run();
      expect(scene.sink.taken()).to.have.length(3);
      scene.sink.answer((response) => {
        const last = scene.sink.events.at(-1);
        const isTaken = last !== undefined && kindOf(last) !== refused;
        if (isTaken) last.taken = true;
        response.writeHead(isTaken ? 204 : 422).end();
      });
      await befriend(['next']);
      await scene.stores.privacies.put(id, { ...OPEN, audience: { groups: ['Group'] } }, [], undefined, scene.time);
      await scene.watch();
      for (let i = 0; i < 3; i += 1) {
        scene.time += 60_000;
        await run();
      }
      const tries = scene.sink.events.filter((event) => kindOf(event) === refused);
      expect(tries.length).to.be.above(2);
      expect(new Set(tries.slice(-2).map((event) => event.id)).size).to.equal(1);
      const events = scene.sink.taken().length;
      await stop(id);
      await befriend([], ['former']);
      await scene.watch();
      for (let i = 0; i < 4; i += 1) {
        scene.time += 60_000;
        await run();
      }
      expect(scene.sink.taken().slice(events).map(kindOf)).to.deep.equal(['now-playing-changed', 'friend-removed']);
      await scene.stores.subscribers.leave(id, scene.time);
      await scene.watch();
      scene.time += 60_000;
      await run();
      expect(
        scene.sink
          .taken()
          .slice(events + 2)
          .map(kindOf),
      ).to.deep.equal(['subscriber-removed']);
    });

  it('tells a sink that was away first what is to be seen no more, whoever has waited longer, and what ends by itself meanwhile', async () => {
    await subscribe();
    const ids: string[] = [];
    for (let i = 0; i < 5; i += 1) ids.push(await come());
    const [stops, leaves, parts, hides, ends] = ids as [string, string, string, string, string];
    const friend = { id: 'a friend', jid: 'friend@op.example', name: 'Friend', groups: [] };
    const none = { set: [], unset: [], dirty: [], bar: [], unbar: [] };
    await scene.stores.friends.write(parts, { ...none, set: [friend] }, scene.time);
    for (const id of [stops, hides]) await play(id);
    await play(ends, 'Short', 60_000);
    await run();
    expect(scene.sink.taken()).to.have.length(9);
    scene.sink.answer(503);
    for (let i = 0; i < 30; i += 1) await come();
    await run();
    await stop(stops);
    await scene.stores.subscribers.leave(leaves, scene.time);
    await scene.stores.friends.write(parts, { ...none, unset: [friend.id] }, scene.time);
    await scene.stores.privacies.put(hides, { ...OPEN, audience: 'nobody' }, [], undefined, scene.time);
    await scene.watch();
    scene.time += 3_600_000;
    scene.sink.answer(204);
    const before = scene.sink.events.length;
    await run();
    const events = scene.sink.events.slice(before);
    expect(events.slice(0, 6).map((event) => `${event.subject} ${kindOf(event)}`)).to.have.members([
      `${stops} now-playing-changed`,
      `${leaves} subscriber-removed`,
      `${parts} friend-removed`,
      `${hides} now-playing-changed`,
      `${hides} consent-changed`,
      `${ends} now-playing-changed`,
    ]);
    expect(events.slice(6).map(kindOf)).to.deep.equal(Array(30).fill('subscriber-added'));
  });

  it('tells again with the same id what it may have told before it was killed', async () => {
    await subscribe();
    // The answer is never seen: as if the process had died meanwhile.
    const dying = new AbortController();
    scene.context.stopped = dying.signal;
    scene.sink.answer(() => dying.abort());
    await join();
    scene.context.stopped = new AbortController().signal;
    scene.sink.answer(204);
    scene.time += 60_000;
    await run();
    expect(scene.sink.events).to.have.length(2);
    expect(scene.sink.events[0]?.id).to.equal(scene.sink.events[1]?.id);
  });

  for (const [what, kinds] of [
    ['to all', EVENT_KINDS],
    ['to tunes alone', ['now-playing-changed'] as const],
  ] as const)
    it(`tells whom a tune is for when that changes, and first where it is fewer: subscribed ${what}`, async () => {
      await subscribe({ kinds });
      const [hides, other] = [await come(), await come()];
      for (const id of [hides, other]) await play(id);
      await run();
      const share = async (audience: Privacy['audience']) => {
        await scene.stores.privacies.put(hides, { ...OPEN, audience }, [], undefined, scene.time);
        const before = scene.sink.events.length;
        await play(other, `Song ${before}`);
        await run();
        const events = scene.sink.events.slice(before).filter(({ subject }) => subject === hides);
        if (events.length > 0) expect(scene.sink.events[before]?.subject).to.equal(hides);
        return events.map((event) => {
          const playing = event.data.nowPlaying as { title: string; audience: string } | undefined;
          return playing ? [playing.title, playing.audience] : kindOf(event);
        });
      };
      const consent = kinds === EVENT_KINDS ? ['consent-changed'] : [];
      expect(await share({ groups: ['Family'] })).to.deep.equal([['Song', 'groups'], ...consent]);
      expect(await share({ groups: ['Work'] })).to.deep.equal(consent);
      expect(await share('friends')).to.deep.equal([...consent, ['Song', 'friends']]);
    });

  it('tells once more what holds when an old event may have come after another run’s', async () => {
    await subscribe();
    await join();
    const id = `person${scene.people}`;
    await play(id);
    let other: Promise<unknown> = Promise.resolve();
    scene.sink.answer((response) => {
      // This one stood still meanwhile.
      scene.sink.answer(204);
      other = stop(id)
        .then(run)
        .finally(() => response.writeHead(204).end());
    });
    await run();
    await other;
    expect(scene.sink.events.slice(1).map(tuneOf)).to.deep.equal(['Song', undefined]);
    scene.time += 1;
    await run();
    expect(scene.sink.events.slice(1).map(tuneOf)).to.deep.equal(['Song', undefined, undefined]);
    expect(new Set(scene.sink.events.map((event) => event.id)).size).to.equal(4);
    await run();
    expect(scene.sink.events).to.have.length(4);
  });

  it('looks again before it tells what it has seen a second ago', async () => {
    await subscribe();
    await join();
    const id = `person${scene.people}`;
    await play(id);
    const [one] = await scene.stores.sinkWork.take(ID, scene.time, 1);
    const told: EventFacts[] = [];
    let stands = true;
    const telling: Telling = {
      subscription: ID,
      kinds: EVENT_KINDS,
      fence: await scene.stores.sinkWork.begin(ID),
      look: createLook(scene.stores, scene.context.keyedHash, { ranges: [] }),
      mayTell: () => true,
      isStillSo: async () => {
        if (stands) {
          await stop(id);
          scene.time += 2_000;
        }
        stands = false;
        return true;
      },
      overtaken: () => Promise.reject(new Error('There is no other run.')),
      post: async (event) => {
        told.push(event);
        return 'taken';
      },
    };
    expect(await tellOne(scene.context, telling, one as TakenOne, Number.POSITIVE_INFINITY)).to.equal('all');
    expect(told.map(({ data }) => data.nowPlaying)).to.deep.equal([null]);
  });

  it('notes nothing for a run that was overtaken', async () => {
    await subscribe();
    scene.sink.answer((response) => void scene.stores.sinkWork.begin(ID).then(() => response.writeHead(204).end()));
    await join();
    expect(await scene.stores.sinkWork.progress(ID)).to.include({ events: 0 });
    scene.sink.answer(204);
    scene.time += 60_000;
    await run();
    expect(scene.sink.events[0]?.id).to.equal(scene.sink.events[1]?.id);
    expect(await scene.stores.sinkWork.progress(ID)).to.include({ events: 1 });
  });
});
