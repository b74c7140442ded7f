import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { pino } from 'pino';
import type { Policy } from '../../domain/friendship/association.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { createNumberKeys } from '../../runtime/secret/number-key.ts';
import type { Context } from '../../worker/context.ts';
import { createReconcileJob } from '../../worker/reconcile.ts';
import { goOn } from '../../worker/rounds.ts';
import { forgetLeavers } from '../../worker/sweep.ts';
import { toldQueues } from '../support/context.ts';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { needle, tracesInRedis } from '../support/kept/traces.ts';
import { whole } from '../support/length.ts';
import { createInterleaving } from '../support/lives/interleaving.ts';
import { type Group, type LifeApi, type LifeWorld, live, sayNo } from '../support/lives/life.ts';
import { barredInModel, friendsInModel, type Step, steps } from '../support/lives/model.ts';
import { SEED } from '../support/random.ts';
import { startTestRedis, type TestRedis } from '../support/redis.ts';

/** How many lives; without it as many as notice what is often wrong. */
const { RUNS } = process.env;
/** Milliseconds until a job that failed is done again. */
const RETRY = 500;
/** Afterwards every job is done once, so that an end comes. */
const MOST_TWICE = 60;
/** Keys of its roster and tune jobs. */
const THE_COMPONENTS = ['dirty-items', 'partings', 'playing', 'tune'];
const log = pino({ level: 'silent' });

/**
 * `overtaken`: of three jobs one is done by two processes at once, as when one stood still for longer than its lock lasts. `imports`:
 * who joins comes with a provisioning file.
 */
type World = {
  life: Step[];
  seed: number;
  policy: Policy;
  changesPolicy: boolean;
  overtaken: boolean;
  imports: boolean;
};

const worlds: fc.Arbitrary<World> = fc.record({
  life: steps,
  seed: fc.nat(),
  policy: fc.constantFrom('mutual', 'either'),
  changesPolicy: fc.boolean(),
  overtaken: fc.boolean(),
  imports: fc.boolean(),
});

describe('reconcile jobs and a gateway whose steps meet in every order', () => {
  const { slow, until, begin, now, pause } = createInterleaving();
  const jobs = createJobs(() => pause(RETRY));
  const numRuns = Number(RUNS ?? whole(200, 25));
  let server: TestRedis;
  let gateway: TestGateway;
  let api: LifeApi;

  before(async () => {
    server = await startTestRedis();
    const parts = { redis: slow(server.redis), queues: jobs.queues, clock: now };
    gateway = await until(openTestGateway(server, {}, parts));
    const { operator: headers } = gateway;
    api = {
      call: (method, url, payload) => gateway.call({ method, url, headers, ...(payload ? { payload } : {}) }),
    };
  });

  after(async () => {
    if (gateway) await until(gateway.stop());
    await server?.stop();
  });

  it(`end as the model says, after each of ${numRuns} random lives`, async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        await server.redis.flushAll();
        begin(world.seed);
        await until(endsAsTheModel(world));
      }),
      { numRuns, endOnFailure: true, seed: SEED },
    );
  });

  async function endsAsTheModel({ life, policy, changesPolicy, overtaken, imports }: World): Promise<void> {
    const { stores, config } = gateway;
    const context: Context = {
      stores,
      queues: jobs.queues,
      policy,
      numberKeys: createNumberKeys(config.numberKey),
      secretsKey: config.secretsKey,
      metrics: createMetrics('worker'),
      log,
      now,
    };
    jobs.begin(createReconcileJob(context), overtaken);
    await stores.reconciliation.adoptKeys(context.numberKeys.ids);
    await stores.reconciliation.adopt(policy);
    const inForce = changesPolicy ? otherThan(policy) : policy;
    const forgetting: Promise<void>[] = [];
    const lived = live(
      createWorld(context, imports ? importing(api, importFile) : api, () =>
        forgetting.push(letGo(context), letGo(context)),
      ),
      life,
    );
    const changing = async () => {
      if (changesPolicy) await stores.reconciliation.adopt(inForce);
      await goOn(context);
    };
    const [group] = await Promise.all([lived, changing()]);
    await Promise.all(forgetting);
    await quiet(context, group.everybody);
    await letGo(context);
    await quiet(context, group.everybody);
    expect(await tracesOfGone(group), 'traces of those who left').to.deep.equal([]);
    for (const [i, { number }] of group.people.entries()) {
      if (number === undefined) continue;
      const id = group.ids[i] as string;
      const others = (wanted: number[][]) => (wanted[i] ?? []).map((other) => group.ids[other]);
      const friends = (await stores.friends.list(id)).map((friend) => friend.id);
      const why = `of ${i} of ${JSON.stringify(group.ids)}`;
      expect(friends, `friends ${why}`).to.have.members(others(friendsInModel(group.people, inForce)));
      const barred = [...(await stores.sharing.barred(id)).keys()];
      expect(barred, `barred ${why}`).to.have.members(others(barredInModel(group.people)));
    }
  }

  async function importFile(row: object): Promise<string> {
    const headers = { ...gateway.operator, 'content-type': 'application/x-ndjson' };
    return (await gateway.call({ method: 'POST', url: '/v1/imports', headers, payload: JSON.stringify(row) })).text;
  }

  /** What the component and the sweep do when somebody leaves. */
  async function letGo(context: Context): Promise<void> {
    const { stores } = context;
    for (const id of await stores.subscribers.leavers())
      for (const queue of ['tune', 'roster', 'listen', 'order'] as const) await stores.due.settle(queue, id, []);
    await forgetLeavers(context);
  }

  /** The keys that name somebody who has left, but for what the component has still to do. */
  async function tracesOfGone({ people, ids, everybody }: Group): Promise<string[]> {
    const gone = everybody.filter((id) => people[ids.indexOf(id)]?.number === undefined);
    const needles = gone.map((id) => needle(id, id));
    const traces = await tracesInRedis(server.redis, needles);
    const names = traces.map(({ where }) => where.split(':').at(-1) ?? '');
    return names.filter((name) => !THE_COMPONENTS.includes(name));
  }

  /** Until nothing is left to do, as the sweep sees to it: also what no job was asked for. */
  async function quiet({ stores }: Context, ids: readonly string[]): Promise<void> {
    const due = async () => {
      await jobs.idle();
      const marked = await Promise.all(ids.map((id) => stores.due.isMarked('reconcile', id)));
      return ids.filter((_, i) => marked[i]);
    };
    let left = await due();
    for (let round = 0; round < 20 && left.length > 0; round += 1) {
      await jobs.queues.enqueue('reconcile', left);
      left = await due();
    }
    expect(left, 'left to do').to.deep.equal([]);
  }
});

function otherThan(policy: Policy): Policy {
  return policy === 'mutual' ? 'either' : 'mutual';
}

/** `left`: called when somebody has left. */
function createWorld(context: Context, api: LifeApi, left: () => void): LifeWorld {
  const { stores, queues, now } = context;
  return {
    api: {
      async call(method, path, body) {
        const answer = await api.call(method, path, body);
        if (method === 'DELETE' && !path.endsWith('/address-book')) left();
        return answer;
      },
    },
    account: () => ({ jid: `${randomUUID()}@op.example` }),
    decline: (id, other) => sayNo(stores, queues, id, other, now()),
  };
}

/** The same, but that a new subscriber is added by a file with one row. */
function importing(api: LifeApi, importFile: (row: object) => Promise<string>): LifeApi {
  return {
    async call(method, path, body) {
      if (method !== 'POST' || path !== '/v1/subscribers' || !body) return api.call(method, path, body);
      const text = await importFile(body);
      const report = JSON.parse(text.split('\n')[0] ?? '');
      return { status: report.outcome === 'created' ? 201 : 409, text, body: report };
    },
  };
}

/** The reconcile queue in this process: one job at a time for each subscriber, and what is asked for meanwhile once afterwards. */
function createJobs(beforeRetry: () => Promise<void>) {
  let run: (id: string) => Promise<void> = async () => {};
  let overtaken = false;
  let count = 0;
  const asked = new Set<string>();
  const running = new Map<string, Promise<void>>();

  function start(id: string): void {
    if (running.has(id)) {
      asked.add(id);
      return;
    }
    count += 1;
    const twice = overtaken && count % 3 === 0 && count < MOST_TWICE;
    const job = Promise.allSettled([run(id), twice ? run(id) : undefined]).then(async (outcomes) => {
      const failed = outcomes.some(({ status }) => status === 'rejected');
      if (failed) await beforeRetry();
      running.delete(id);
      if (asked.delete(id) || failed) start(id);
    });
    running.set(id, job);
  }

  const queues = toldQueues(async (name, ids) => {
    if (name === 'reconcile') for (const id of ids) start(id);
  });
  return {
    queues,
    begin(work: (id: string) => Promise<void>, everyThirdTwice: boolean) {
      [run, overtaken, count] = [work, everyThirdTwice, 0];
    },
    async idle(): Promise<void> {
      while (running.size > 0) await Promise.all(running.values());
    },
  };
}
