import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { pino } from 'pino';
import type { Policy } from '../../../domain/friendship/association.ts';
import { startProcess } from '../../../local/processes.ts';
import type { Stack } from '../../../local/stack/stack.ts';
import { connectQueueRedis } from '../../../runtime/queue-redis.ts';
import { createQueues } from '../../../runtime/queues.ts';
import { connectRedis } from '../../../runtime/redis.ts';
import { createStores } from '../../../store/stores.ts';
import { keysOf } from '../../../store/subscriber/subscriber-record.ts';
import { createApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { whole } from '../../support/length.ts';
import { type Group, type LifeWorld, live } from '../../support/lives/life.ts';
import { friendsInModel, steps } from '../../support/lives/model.ts';
import { random, SEED } from '../../support/random.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

/** Sequences of one policy, how many of them run side by side, and accounts, as nobody comes back with an old one. */
const SEQUENCES = whole(20, 6);
const TOGETHER = whole(5, 2);
const ACCOUNTS = 160;
/** Clients that look into their rosters side by side. */
const LOOKING = 8;

type Account = { jid: string; password: string };

for (const policy of ['mutual', 'either'] as const)
  describe(`the rosters of a real server under ${policy}, while a worker and the component are killed`, () => {
    const stack = useStack({ policy });
    let world: World;

    before(async () => {
      world = await openWorld(stack);
    });

    after(async () => world?.stop());

    it(`end as the model says, after each of ${SEQUENCES} random lives`, async () => {
      let run = 0;
      const together = fc.array(steps, { minLength: TOGETHER, maxLength: TOGETHER });
      await fc.assert(
        fc.asyncProperty(together, async (lives) => {
          run += 1;
          const crash = run === 2 ? killOne(stack, 'worker') : run === 3 ? killOne(stack, 'component') : undefined;
          const groups = await Promise.all(lives.map((life) => live(world, life)));
          await crash;
          await world.settled();
          const expected = await expectedRosters(world, groups, policy);
          await eachOf([...expected], async ([account, friends]) => hasRoster(stack, account, friends));
        }),
        { numRuns: SEQUENCES / TOGETHER, endOnFailure: true, seed: SEED },
      );
    });
  });

type World = LifeWorld & {
  /** The accounts that have been given away since this was last asked. */
  newlyUsed(): Account[];
  /** Nothing is left to be done. */
  settled(): Promise<void>;
  stop(): Promise<void>;
};

/** A whole stack with a second worker, and XMPP accounts that nobody uses yet. */
async function openWorld(stack: Stack & { dataDir: string }): Promise<World> {
  const api = createApi(stack);
  const log = pino({ level: 'silent' });
  const second = await startProcess({ role: 'worker', env: stack.env, logFile: `${stack.dataDir}/second.log` });
  const place = { urls: [stack.redis().url], cluster: false } as const;
  const redis = await connectRedis(place, 'fail-fast', log);
  const queueRedis = await connectQueueRedis(place, 'earshot', 'fail-fast', log);
  const stores = createStores(redis, 'earshot', Buffer.from(stack.env.EARSHOT_SECRETS_KEY ?? '', 'hex'));
  const queues = createQueues(queueRedis, 'earshot', log, stores.wakes.tell);
  const accounts = await makeAccounts(stack.dataDir);
  let [taken, told] = [0, 0];

  return {
    api,
    account() {
      taken += 1;
      return { jid: accounts[taken - 1]?.jid ?? 'there.are.too.few.accounts' };
    },
    newlyUsed() {
      const from = told;
      told = taken;
      return accounts.slice(from, taken);
    },
    settled: () =>
      eventually(async () => {
        for (const queue of ['reconcile', 'roster'] as const)
          expect(await stores.due.waiting(queue), queue).to.equal(0);
      }),
    // What the component does when a user has deleted a roster item.
    async decline(id, other) {
      const record = await stores.subscribers.record(other);
      await stores.pairs.decline(id, other, record ? keysOf(record) : []);
      await stores.pairs.touch(id, [other], Date.now());
      await queues.enqueue('reconcile', [id, other]);
    },
    async stop() {
      await queues.close();
      queueRedis.close();
      redis.destroy();
      await second.stop();
    },
  };
}

/** Accounts that Earshot did not make, and so does not delete (decision 55); written as Prosody keeps them, since its own command takes half a second for each. */
async function makeAccounts(dataDir: string): Promise<Account[]> {
  const folder = join(dataDir, 'prosody/data/op%2eexample/accounts');
  await mkdir(folder, { recursive: true });
  const names = Array.from({ length: ACCOUNTS }, (_, i) => `user${i}`);
  for (const name of names) await writeFile(join(folder, `${name}.dat`), 'return { ["password"] = "secret"; };\n');
  return names.map((name) => ({ jid: `${name}@op.example`, password: 'secret' }));
}

async function killOne(stack: Stack, role: 'worker' | 'component'): Promise<void> {
  await sleep(random() * 300);
  await stack.kill(role);
  await stack.restart(role);
}

/** For every account that was ever used: whom its roster has to hold; nobody when its subscriber is gone. */
async function expectedRosters(
  world: World,
  groups: readonly Group[],
  policy: Policy,
): Promise<Map<Account, string[]>> {
  const rosters = new Map<string, string[]>();
  for (const { people, ids } of groups) {
    const jids = await Promise.all(
      people.map(async ({ number }, i) => {
        if (number === undefined) return '';
        return String((await world.api.call('GET', `/v1/subscribers/${ids[i]}`)).body.jid);
      }),
    );
    const wanted = friendsInModel(people, policy);
    for (const [i, jid] of jids.entries()) rosters.set(jid, wanted[i]?.map((other) => jids[other] as string) ?? []);
  }
  return new Map(world.newlyUsed().map((account) => [account, rosters.get(account.jid) ?? []]));
}

async function hasRoster(stack: Stack, account: Account, friends: readonly string[]): Promise<void> {
  const client = await connectFriend(stack, account);
  try {
    const items = await client.roster();
    const expected = friends.map((jid) => `${jid} both`);
    expect(items.map(({ jid, subscription }) => `${jid} ${subscription}`)).to.have.members(expected);
  } finally {
    await client.leave();
  }
}

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  await Promise.all(
    Array.from({ length: LOOKING }, async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
    }),
  );
}
