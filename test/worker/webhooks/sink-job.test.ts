import { randomBytes } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { EVENT_KINDS, scopeOf } from '../../../domain/subscription/event-types.ts';
import { createAddressGuard } from '../../../runtime/internal-addresses.ts';
import { createKeyedHash } from '../../../runtime/secret/keyed-hash.ts';
import { seal } from '../../../runtime/secret/sealing.ts';
import type { Stores } from '../../../store/stores.ts';
import type { TakenOne } from '../../../store/subscription/sink-work.ts';
import { type Subscription, sealPurpose } from '../../../store/subscription/subscription-record.ts';
import { createGuardedAgent } from '../../../worker/carddav/agent.ts';
import type { EventFacts } from '../../../worker/webhooks/cloud-event.ts';
import type { SinkContext } from '../../../worker/webhooks/context.ts';
import { createLook } from '../../../worker/webhooks/look.ts';
import { createSinkJob } from '../../../worker/webhooks/sink-job.ts';
import { type Telling, tellOne } from '../../../worker/webhooks/tell.ts';
import { createWatchRound } from '../../../worker/webhooks/watch-round.ts';
import { jobContext } from '../../support/context.ts';
import { useRedis } from '../../support/redis.ts';
import { kindOf, type Sink, type SinkEvent, startSink } from '../../support/servers/sink.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const SECRETS_KEY = Buffer.alloc(32, 2);
const DAY = 86_400_000;
const ID = 'a-subscription';

describe('the sink job', () => {
  const server = useRedis();
  let stores: Stores;
  let sink: Sink;
  let time: number;
  let context: SinkContext;
  let people = 0;

  beforeEach(async () => {
    stores = server.freshStores();
    sink = await startSink();
    time = Date.now();
    context = {
      ...jobContext('worker', stores, () => time),
      agent: createGuardedAgent(createAddressGuard(['127.0.0.1']), null),
      patience: 300_000,
      secretsKey: SECRETS_KEY,
      keyedHash: createKeyedHash(SECRETS_KEY),
      stopped: new AbortController().signal,
      draw: () => 0.5,
    };
  });

  afterEach(async () => {
    await sink.stop();
    await context.agent.destroy();
  });

  /** A subscription that has begun. Signatures are looked at in `test/system/subscriptions`: here the clock leaps. */
  async function subscribe(more: Partial<Subscription> = {}): Promise<void> {
    const secret = randomBytes(32).toString('base64');
    await stores.subscriptions.create({
      ...{ id: ID, owner: 'operator', sink: sink.url, kinds: EVENT_KINDS, initial: false, createdAt: time },
      secrets: [{ sealed: seal(SECRETS_KEY, sealPurpose(ID, 'secret'), secret) }],
      status: 'ACTIVATION_REQUESTED',
      ...more,
    });
    await run();
    expect((await stores.subscriptions.get(ID))?.status).to.equal('ACTIVE');
  }

  const run = () => createSinkJob(context)(ID);
  const watch = () => createWatchRound(context)();

  /** Somebody comes, and the job is done that follows. Its answer: when to look again. */
  async function join(): Promise<number | undefined> {
    await come();
    return run();
  }

  /** Somebody comes, and is to be told of. */
  async function come(): Promise<void> {
    people += 1;
    const [id, number] = [`person${people}`, `+86${13_800_138_000 + people}`];
    const numberKey = `AAAA${`${people}`.padStart(8, '0')}`;
    await addSubscriber(stores, { id, phoneNumber: number, numberKey, jid: `${id}@op.example`, displayName: id }, time);
    time += 1;
    await watch();
    time += 1;
  }

  async function play(id: string): Promise<void> {
    const tune = { kind: 'audio', title: 'Song' } as const;
    await stores.nowPlaying.play(id, { device: 'phone', tune, since: time, expiresAt: time + DAY }, time);
    time += 1;
    await watch();
  }

  async function stop(id: string): Promise<void> {
    await stores.nowPlaying.stop(id, 'phone', time);
    time += 1;
    await watch();
  }

  const tuneOf = ({ data }: SinkEvent) => (data.nowPlaying as { title: string } | null)?.title;

  /** Whoever may do so says that nothing more is to be told. */
  const WITHDRAWN: Record<string, (owner: string) => Promise<unknown>> = {
    'the subscription is deleted': () =>
      stores.subscriptions.change(ID, (one) => ({
        ...one,
        status: 'DELETED',
        ended: { reason: 'SUBSCRIPTION_DELETED', at: time },
      })),
    'the credential is revoked': (owner) => stores.credentials.revoke(owner, time),
  };

  for (const [what, withdraw] of Object.entries(WITHDRAWN))
    it(`tells nobody else in the same run once ${what}`, async () => {
      const scopes = [...new Set(EVENT_KINDS.map(scopeOf))];
      const made = await stores.credentials.create({ name: 'carrier', scopes, ranges: ['+86138'] }, time);
      const owner = (made as { credential: { id: string } }).credential.id;
      await subscribe({ owner, maxEvents: 100 });
      for (let i = 0; i < 3; i += 1) await come();
      sink.answer((response) => void withdraw(owner).then(() => response.writeHead(204).end()));
      await run();
      expect(sink.events.map(kindOf)).to.deep.equal(['subscriber-added']);
      expect(Object.keys(await server.redis.hGetAll(stores.keys.sink.told(ID)))).to.have.length(1);
    });

  it('begins, and leaves it to another run, which reads all anew, to tell', async () => {
    await come();
    await subscribe({ initial: true });
    expect(sink.events).to.deep.equal([]);
    await run();
    expect(sink.events.map(kindOf)).to.deep.equal(['subscriber-added']);
  });

  it('leaves nothing of an event at the signal that the worker ends', async () => {
    const { stopped } = context;
    await subscribe();
    for (let i = 0; i < 3; i += 1) await join();
    expect(sink.taken()).to.have.length(3);
    expect(getEventListeners(stopped, 'abort')).to.deep.equal([]);
    // Where Node.js keeps the signals that `AbortSignal.any` has made of it.
    const kept = Object.getOwnPropertySymbols(stopped).find(({ description }) => description === 'kDependantSignals');
    const dependants = kept && (stopped as unknown as Record<symbol, Set<unknown> | undefined>)[kept];
    expect(dependants?.size ?? 0).to.equal(0);
  });

  it('tells what has changed, once', async () => {
    await subscribe();
    await join();
    expect(sink.taken().map(kindOf)).to.deep.equal(['subscriber-added']);
    await run();
    expect(sink.events).to.have.length(1);
    expect(await stores.sinkWork.progress(ID)).to.include({ events: 1, failures: 0 });
  });

  for (const status of [500, 503, 404, 429, 302] as const)
    it(`tries again what was answered with ${status}, later each time, with the same id`, async () => {
      await subscribe();
      sink.answer(status);
      const pauses: number[] = [];
      for (let again = (await join()) ?? 0; pauses.length < 4; again = (await run()) ?? 0) {
        pauses.push(again - time);
        expect(await run(), 'it is not tried before').to.equal(again);
        time = again + DAY / 1_000;
      }
      expect(
        pauses.every((pause, i) => i === 0 || pause > (pauses[i - 1] as number)),
        `${pauses}`,
      ).to.equal(true);
      sink.answer(204);
      time += DAY / 10;
      await run();
      expect(new Set(sink.events.map(({ id }) => id)).size).to.equal(1);
      expect(sink.taken()).to.have.length(1);
      expect(await stores.sinkWork.progress(ID)).to.include({ events: 1, failures: 0 });
    });

  it('follows no redirect, to whatever it leads', async () => {
    await subscribe();
    const [other, before] = [await startSink(), sink.events.length];
    sink.answer((response) => response.writeHead(307, { location: other.url }).end());
    await join();
    expect(sink.events.length - before).to.equal(1);
    expect(other.events).to.deep.equal([]);
    await other.stop();
  });

  it('reads no more of an answer than its status', async () => {
    await subscribe();
    let sent = 0;
    let brokenOff = new Promise<void>(() => {});
    sink.answer((response) => {
      response.writeHead(200);
      brokenOff = new Promise((resolve) => response.once('close', resolve));
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on('drain', more);
      more();
    });
    await join();
    expect(await stores.sinkWork.progress(ID)).to.include({ events: 1 });
    await brokenOff;
    expect(sent).to.be.below(10_000_000);
  });

  it('waits for no answer for ever', async () => {
    context.patience = 200;
    await subscribe();
    const held: { end(): void }[] = [];
    sink.answer((response) => void held.push(response));
    expect(await join()).to.be.above(time);
    expect(await stores.sinkWork.progress(ID)).to.include({ failures: 1 });
    for (const response of held) response.end();
  });

  it('connects to no internal address that is not allowed, whatever was allowed when it was subscribed', async () => {
    await subscribe();
    await context.agent.destroy();
    context.agent = createGuardedAgent(createAddressGuard([]), null);
    await join();
    expect(sink.events).to.deep.equal([]);
    expect(await stores.sinkWork.progress(ID)).to.include({ failures: 1 });
  });

  it('ends at 410, and keeps nothing of what it has told', async () => {
    await subscribe();
    await join();
    sink.answer(410);
    await join();
    await run();
    const ended = await stores.subscriptions.get(ID);
    expect(ended).to.deep.include({ status: 'DELETED' });
    expect(ended?.ended?.reason).to.equal('NETWORK_TERMINATED');
    expect(await server.redis.exists([stores.keys.sink.told(ID), stores.keys.sink.due(ID)])).to.equal(0);
    expect(await stores.watched.isAny()).to.equal(false);
    time += DAY + 1;
    await run();
    expect(await stores.subscriptions.get(ID)).to.equal(undefined);
    expect(sink.events.map(kindOf)).to.deep.equal(['subscriber-added', 'subscriber-added']);
  });

  it('pauses a sink that has failed for a day, tries it once an hour, and tells it so when it is back, and what is so then', async () => {
    await subscribe();
    sink.answer(500);
    await join();
    const began = time;
    while (time - began <= DAY) time = ((await run()) ?? 0) + 1;
    await run();
    expect((await stores.subscriptions.get(ID))?.status).to.equal('INACTIVE');
    const again = await run();
    expect((again ?? 0) - time).to.be.within(2_000_000, 4_600_000);
    await join();
    sink.answer(204);
    time = (again ?? 0) + 1;
    await run();
    expect(sink.taken().map(kindOf)).to.deep.equal(['subscription-resumed', 'subscriber-added', 'subscriber-added']);
    expect((await stores.subscriptions.get(ID))?.status).to.equal('ACTIVE');
  });

  it('ends a subscription whose sink has failed for a month', async () => {
    await subscribe();
    sink.answer(500);
    await join();
    const began = time;
    while (time - began <= 30 * DAY && (await stores.subscriptions.get(ID))?.ended === undefined)
      time = ((await run()) ?? 0) + 3 * DAY;
    await run();
    expect((await stores.subscriptions.get(ID))?.ended?.reason).to.equal('NETWORK_TERMINATED');
  });

  it('lets others go on where one event is refused', async () => {
    await subscribe();
    await join();
    const poisoned = `person${people + 1}`;
    sink.answer((response) => {
      const last = sink.events.at(-1);
      if (last && last.subject !== poisoned) last.taken = true;
      response.writeHead(last?.subject === poisoned ? 400 : 204).end();
    });
    await join();
    time += 60_000;
    await join();
    time += 60_000;
    await run();
    expect(sink.taken().map(({ subject }) => subject)).to.deep.equal([`person${people - 2}`, `person${people}`]);
  });

  it('tells again with the same id what it may have told before it was killed', async () => {
    await subscribe();
    // The answer is never seen: as if the process had died meanwhile.
    const dying = new AbortController();
    context.stopped = dying.signal;
    sink.answer(() => dying.abort());
    await join();
    context.stopped = new AbortController().signal;
    sink.answer(204);
    time += 60_000;
    await run();
    expect(sink.events).to.have.length(2);
    expect(sink.events[0]?.id).to.equal(sink.events[1]?.id);
  });

  it('tells once more what holds when an old event may have come after another run’s', async () => {
    await subscribe();
    await join();
    const id = `person${people}`;
    await play(id);
    let other: Promise<unknown> = Promise.resolve();
    sink.answer((response) => {
      // This one stood still meanwhile.
      sink.answer(204);
      other = stop(id)
        .then(run)
        .finally(() => response.writeHead(204).end());
    });
    await run();
    await other;
    expect(sink.events.slice(1).map(tuneOf)).to.deep.equal(['Song', undefined]);
    time += 1;
    await run();
    expect(sink.events.slice(1).map(tuneOf)).to.deep.equal(['Song', undefined, undefined]);
    expect(new Set(sink.events.map((event) => event.id)).size).to.equal(4);
    await run();
    expect(sink.events).to.have.length(4);
  });

  it('looks again before it tells what it has seen a second ago', async () => {
    await subscribe();
    await join();
    const id = `person${people}`;
    await play(id);
    const [one] = await stores.sinkWork.take(ID, time, 1);
    const told: EventFacts[] = [];
    let stands = true;
    const telling: Telling = {
      subscription: ID,
      kinds: EVENT_KINDS,
      fence: await stores.sinkWork.begin(ID),
      look: createLook(stores, context.keyedHash, { ranges: [] }, EVENT_KINDS),
      mayTell: () => true,
      isStillSo: async () => {
        if (stands) {
          await stop(id);
          time += 2_000;
        }
        stands = false;
        return true;
      },
      post: async (event) => {
        told.push(event);
        return 'taken';
      },
    };
    expect(await tellOne(context, telling, one as TakenOne)).to.equal('all');
    expect(told.map(({ data }) => data.nowPlaying)).to.deep.equal([null]);
  });

  it('notes nothing for a run that was overtaken', async () => {
    await subscribe();
    sink.answer((response) => void stores.sinkWork.begin(ID).then(() => response.writeHead(204).end()));
    await join();
    expect(await stores.sinkWork.progress(ID)).to.include({ events: 0 });
    sink.answer(204);
    time += 60_000;
    await run();
    expect(sink.events[0]?.id).to.equal(sink.events[1]?.id);
    expect(await stores.sinkWork.progress(ID)).to.include({ events: 1 });
  });
});
