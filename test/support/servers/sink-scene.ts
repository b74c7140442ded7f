import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { EVENT_KINDS } from '../../../domain/subscription/event-types.ts';
import { createAddressGuard } from '../../../runtime/internal-addresses.ts';
import { createKeyedHash } from '../../../runtime/secret/keyed-hash.ts';
import { seal } from '../../../runtime/secret/sealing.ts';
import { createWalks } from '../../../service/telling/walks.ts';
import type { Stores } from '../../../store/stores.ts';
import { type Subscription, sealPurpose } from '../../../store/subscription/subscription-record.ts';
import { createGuardedAgent } from '../../../worker/carddav/agent.ts';
import type { SinkContext } from '../../../worker/webhooks/context.ts';
import { createSinkJob } from '../../../worker/webhooks/sink-job.ts';
import { createWatchRound } from '../../../worker/webhooks/watch-round.ts';
import { jobContext } from '../context.ts';
import { type RedisKind, useRedis } from '../redis.ts';
import { addSubscriber } from '../subscribers.ts';
import { type Sink, startSink } from './sink.ts';

const SECRETS_KEY = Buffer.alloc(32, 2);
const DAY = 86_400_000;
/** The id of the one subscription of a scene. */
export const SCENE_ID = 'a-subscription';

/**
 * In a suite: a Redis, and for each test stores of its own, a sink, and what the worker does for subscriptions, step by step. `time`:
 * milliseconds since the epoch, which goes on where the test says so. `people`: how many have come; the last is `person<people>`.
 */
export function useSinkScene(kind?: RedisKind) {
  const server = useRedis(kind);
  const scene = {
    server,
    time: 0,
    people: 0,
    stores: undefined as unknown as Stores,
    sink: undefined as unknown as Sink,
    context: undefined as unknown as SinkContext,
    run: () => createSinkJob(scene.context)(SCENE_ID),
    watch: () => createWatchRound(scene.context)(),
    ...{ subscribe, come, join, play, stop },
  };

  beforeEach(async () => {
    scene.stores = server.freshStores();
    scene.sink = await startSink();
    scene.time = Date.now();
    scene.context = {
      ...jobContext('worker', scene.stores, () => scene.time),
      agent: createGuardedAgent(createAddressGuard(['127.0.0.1']), null),
      patience: 300_000,
      walks: createWalks(),
      secretsKey: SECRETS_KEY,
      keyedHash: createKeyedHash(SECRETS_KEY),
      stopped: new AbortController().signal,
      draw: () => 0.5,
      elapsed: () => scene.time,
    };
  });

  afterEach(async () => {
    await scene.sink.stop();
    await scene.context.agent.destroy();
  });

  /** A subscription that has begun. Signatures are looked at in `test/system/subscriptions`: here the clock leaps. */
  async function subscribe(more: Partial<Subscription> = {}): Promise<void> {
    const secret = randomBytes(32).toString('base64');
    await scene.stores.subscriptions.create({
      ...{ id: SCENE_ID, owner: 'operator', sink: scene.sink.url, kinds: EVENT_KINDS, initial: false },
      createdAt: scene.time,
      secrets: [{ sealed: seal(SECRETS_KEY, sealPurpose(SCENE_ID, 'secret'), secret) }],
      status: 'ACTIVATION_REQUESTED',
      ...more,
    });
    await scene.run();
    expect((await scene.stores.subscriptions.get(SCENE_ID))?.status).to.equal('ACTIVE');
  }

  /** Somebody comes, and the job is done that follows. Its answer: when to look again. */
  async function join(): Promise<number | undefined> {
    await come();
    return scene.run();
  }

  /** Somebody comes, and is to be told of. Its id. */
  async function come(): Promise<string> {
    scene.people += 1;
    const [id, number] = [`person${scene.people}`, `+86${13_800_138_000 + scene.people}`];
    const numberKey = `AAAA${`${scene.people}`.padStart(8, '0')}`;
    const subscriber = { id, phoneNumber: number, numberKey, jid: `${id}@op.example`, displayName: id };
    await addSubscriber(scene.stores, subscriber, scene.time);
    await noticed();
    scene.time += 1;
    return id;
  }

  async function play(id: string, title = 'Song', length = DAY): Promise<void> {
    const [tune, expiresAt] = [{ kind: 'audio', title } as const, scene.time + length];
    await scene.stores.nowPlaying.play(id, { device: 'phone', tune, since: scene.time, expiresAt }, scene.time);
    await noticed();
  }

  async function stop(id: string): Promise<void> {
    await scene.stores.nowPlaying.stop(id, 'phone', scene.time);
    await noticed();
  }

  async function noticed(): Promise<void> {
    scene.time += 1;
    await scene.watch();
  }

  return scene;
}
