import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { pino } from 'pino';
import type { Policy } from '../../../domain/friendship/association.ts';
import { freePort } from '../../../local/ports.ts';
import { type EarshotProcess, type Role, startProcess } from '../../../local/processes.ts';
import { connectQueueRedis } from '../../../runtime/queue/queue-redis.ts';
import { createQueues } from '../../../runtime/queue/queues.ts';
import { createStores } from '../../../store/stores.ts';
import { createApi } from '../../support/api.ts';
import { eventually, REDIS_PATIENCE, untilDone } from '../../support/eventually.ts';
import { whole } from '../../support/length.ts';
import { type Group, type LifeApi, type LifeWorld, live, sayNo } from '../../support/lives/life.ts';
import { friendsInModel, steps } from '../../support/lives/model.ts';
import { random, SEED } from '../../support/random.ts';
import { REDIS_KINDS, type RedisKind, startTestRedis, type TestRedis } from '../../support/redis.ts';

/** Sequences of one policy, and how many of them run side by side. */
const SEQUENCES: Record<RedisKind, number> = {
  'a single Redis': whole(500, 50),
  'a Redis Cluster': whole(100, 30),
};
const TOGETHER = whole(25, 10);
/** Of so many rounds, in which one what goes wrong. */
const TROUBLES: Record<RedisKind, { of: number; policy: number; worker: number; master: number }> = {
  'a single Redis': { of: 5, policy: 2, worker: 3, master: 4 },
  'a Redis Cluster': { of: 3, policy: 1, worker: 2, master: 0 },
};

const WORLDS = REDIS_KINDS.flatMap((kind) => (['mutual', 'either'] as const).map((policy) => ({ kind, policy })));

for (const { kind, policy } of WORLDS)
  describe(`reconciliation on ${kind}, first under ${policy}, by two workers of which one is killed now and then`, () => {
    let world: World;
    let inForce: Policy = policy;
    let earlier: Group[] = [];

    before(async () => {
      world = await startWorld(policy, kind);
    });

    after(async () => world?.stop());

    function changePolicy(): Promise<void> {
      inForce = inForce === 'mutual' ? 'either' : 'mutual';
      return world.changePolicy(inForce);
    }

    it(`ends as a model of twenty lines says, after each of ${SEQUENCES[kind]} random lives`, async () => {
      let run = 0;
      const trouble = TROUBLES[kind];
      const together = fc.array(steps, { minLength: TOGETHER, maxLength: TOGETHER });
      await fc.assert(
        fc.asyncProperty(together, async (lives) => {
          run += 1;
          const now = run % trouble.of;
          const crash = now === trouble.worker ? world.crashWorker() : undefined;
          const change = now === trouble.policy ? changePolicy() : undefined;
          const groups = await Promise.all(lives.map((life) => live(world, life)));
          await crash;
          await change;
          if (now === trouble.master) await world.crashMaster?.();
          await world.settled();
          // Another policy is for everybody, also for those to whom nothing else happens any more.
          const concerned = change ? [...earlier, ...groups] : groups;
          await Promise.all(concerned.map((group) => agrees(world.api, group, inForce)));
          earlier = groups;
        }),
        { numRuns: SEQUENCES[kind] / TOGETHER, endOnFailure: true, seed: SEED },
      );
    });
  });

type World = LifeWorld &
  Pick<TestRedis, 'crashMaster'> & { crashWorker(): Promise<void>; stop(): Promise<void> } & {
    /** Starts the workers with another policy, one after the other. */
    changePolicy(policy: Policy): Promise<void>;
    /** Nobody has to be looked at any more. */
    settled(): Promise<void>;
  };

/** A Redis, a gateway and two workers; no XMPP server, so the wanted rosters are the end of it. */
async function startWorld(policy: Policy, kind: RedisKind): Promise<World> {
  const redis: TestRedis = await startTestRedis(kind);
  const folder = await mkdtemp(join(tmpdir(), 'earshot-convergence-'));
  const operatorKey = randomUUID();
  const port = await freePort();
  const env = {
    EARSHOT_REDIS_URL: redis.url,
    EARSHOT_HOME_HOST: 'op.example',
    EARSHOT_DRAIN_SECONDS: '0',
    EARSHOT_HTTP_PORT: `${port}`,
    EARSHOT_OPERATOR_KEY: operatorKey,
    EARSHOT_NUMBER_KEY: 'ab'.repeat(32),
    EARSHOT_SECRETS_KEY: 'cd'.repeat(32),
    EARSHOT_POLICY: policy,
    EARSHOT_REDIS_PATIENCE_MS: REDIS_PATIENCE,
    EARSHOT_LOG_LEVEL: 'warn',
  };
  const start = (role: Role, name: string) => startProcess({ role, env, logFile: join(folder, `${name}.log`) });
  const [gateway, steady, mortal] = await Promise.all([
    start('gateway', 'gateway'),
    start('worker', 'steady'),
    start('worker', 'mortal'),
  ]);
  const processes: EarshotProcess[] = [gateway, steady, mortal];
  const server = { gatewayUrl: `http://127.0.0.1:${port}`, operatorKey };
  const api = createApi(server);
  await eventually(async () => expect((await fetch(`${server.gatewayUrl}/livez`)).status).to.equal(200));

  const stores = createStores(redis.redis, 'earshot', Buffer.from(env.EARSHOT_SECRETS_KEY, 'hex'));
  const log = pino({ level: 'silent' });
  const queueRedis = await connectQueueRedis(redis.place, 'earshot', 'fail-fast', log);
  const queues = createQueues(queueRedis, log, stores.wakes.tell);

  return {
    api,
    account: () => ({ jid: `${randomUUID()}@op.example` }),
    decline: (id, other) => sayNo(stores, queues, id, other),
    crashMaster: redis.crashMaster,
    async crashWorker() {
      await sleep(random() * 100);
      await processes.pop()?.kill();
      processes.push(await start('worker', 'mortal'));
    },
    async changePolicy(wanted) {
      env.EARSHOT_POLICY = wanted;
      for (const name of ['mortal', 'steady']) {
        await processes.pop()?.stop();
        processes.splice(1, 0, await start('worker', name));
      }
      await eventually(async () => expect(await stores.reconciliation.policy()).to.equal(wanted));
    },
    async settled() {
      await untilDone('subscribers of the round', async () => {
        const { state, subscribers, done } = await stores.reconciliation.progress();
        return state === 'running' ? Math.max(1, subscribers - done) : 0;
      });
      await untilDone('subscribers to be looked at', () => stores.due.waiting('reconcile'));
    },
    async stop() {
      await Promise.all(processes.map((one) => one.stop()));
      await queues.close();
      queueRedis.close();
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function agrees(api: LifeApi, { people, ids, life }: Group, policy: Policy): Promise<void> {
  const wanted = friendsInModel(people, policy);
  for (const [i, person] of people.entries()) {
    if (person.number === undefined) continue;
    const expected = (wanted[i] ?? []).map((other) => ids[other]);
    await eventually(async () => {
      const { body } = await api.call('GET', `/v1/subscribers/${ids[i]}/friends`);
      const found = (body as unknown as { friends: { subscriberId: string }[] }).friends.map(
        (friend) => friend.subscriberId,
      );
      expect(found, `friends of ${i} of ${JSON.stringify(ids)} after ${JSON.stringify(life)}`).to.have.members(
        expected,
      );
    });
  }
}
