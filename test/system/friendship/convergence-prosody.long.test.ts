import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { pino } from 'pino';
import { domainOf } from '../../../domain/account/jid.ts';
import type { Policy } from '../../../domain/friendship/association.ts';
import { startProcess } from '../../../local/processes.ts';
import type { XmppServer } from '../../../local/xmpp-server.ts';
import { connectQueueRedis } from '../../../runtime/queue/queue-redis.ts';
import { createQueues } from '../../../runtime/queue/queues.ts';
import { connectRedis } from '../../../runtime/redis/redis.ts';
import { createStores } from '../../../store/stores.ts';
import { keysOf } from '../../../store/subscriber/subscriber-record.ts';
import { createApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { whole } from '../../support/length.ts';
import { type Group, type LifeWorld, live } from '../../support/lives/life.ts';
import { friendsInModel, steps } from '../../support/lives/model.ts';
import { SECOND_SERVER, TEST_SERVER } from '../../support/on-server.ts';
import { random, SEED } from '../../support/random.ts';
import { useRunning } from '../../support/running.ts';
import { startOwnStack, type TestStack } from '../../support/servers/own-stack.ts';
import {
  FIRST,
  homesLack,
  SECOND,
  type Servers,
  startSecondComponent,
  startTwoHomes,
  type TwoHomes,
  titleOf,
} from '../../support/servers/second-home.ts';
import { untilWrittenDown } from '../../support/servers/written-down.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';
import type { ClientPlace } from '../../support/xmpp/xmpp-client.ts';

/** Sequences of one policy, how many of them run side by side, and accounts, as nobody comes back with an old one. */
const SEQUENCES = whole(20, 6);
const TOGETHER = whole(5, 2);
const ACCOUNTS = 320;
/** Clients that look into their rosters side by side. */
const LOOKING = 8;

type Account = { jid: string; password: string };

type Told = {
  policy: Policy;
  /** Without them there is one home, on the server that is tested. */
  servers?: Servers;
};

const TOLD: readonly Told[] = SECOND_SERVER
  ? [
      { policy: 'mutual', servers: [TEST_SERVER, SECOND_SERVER] },
      { policy: 'either', servers: [TEST_SERVER, SECOND_SERVER] },
    ]
  : [
      { policy: 'mutual' },
      { policy: 'either' },
      { policy: 'mutual', servers: 'one Prosody' },
      { policy: 'mutual', servers: ['prosody', 'prosody'] },
    ];

for (const { policy, servers } of TOLD)
  describe(`the rosters of ${servers ? `two homes on ${titleOf(servers)}` : 'one home'} under ${policy}, while parts of it are killed`, () => {
    const stack = useRunning<TestStack | TwoHomes>(() => {
      if (!servers) return startOwnStack({ policy });
      return startTwoHomes(servers, { policy, env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
    });
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
          const crash = world.kills[run]?.();
          const groups = await Promise.all(lives.map((life) => live(world, life)));
          if (world.homes.length > 1) await moveSome(world, groups);
          await crash;
          await world.settled();
          const expected = await expectedRosters(world, groups, policy);
          await eachOf([...expected], async ([account, friends]) => hasRoster(world, account, friends));
        }),
        { numRuns: SEQUENCES / TOGETHER, endOnFailure: true, seed: SEED },
      );
    });
  });

type World = LifeWorld & {
  homes: readonly string[];
  /** Where the clients of an account log in. */
  placeOf(jid: string): ClientPlace;
  /** The accounts that have been given away since this was last asked. */
  newlyUsed(): Account[];
  /** Nothing is left to be done. */
  settled(): Promise<void>;
  /** By the number of the run: kills one part in the middle of it, and starts it again. */
  kills: Readonly<Record<number, () => Promise<void>>>;
  stop(): Promise<void>;
};

/** A whole stack with a second worker, the component of another home, and XMPP accounts at each that nobody uses yet. */
async function openWorld(stack: TestStack | TwoHomes): Promise<World> {
  const api = createApi(stack);
  const log = pino({ level: 'silent' });
  const both = bothOf(stack);
  const homes = both ? [FIRST, SECOND.host] : [FIRST];
  const second = await startProcess({ role: 'worker', env: stack.env, logFile: `${stack.dataDir}/second.log` });
  const other = both && (await startOther(both));
  const place = { urls: [stack.redis().url], cluster: false, sharded: true } as const;
  const redis = await connectRedis(place, 'fail-fast', log);
  const queueRedis = await connectQueueRedis(place, 'earshot', 'fail-fast', log);
  const stores = createStores(
    redis,
    'earshot',
    Buffer.from(stack.env.EARSHOT_SECRETS_KEY ?? '', 'hex'),
    undefined,
    homes,
  );
  const queues = createQueues(queueRedis, log, stores.wakes.tell);
  const accounts = await makeAccounts(stack, homes);
  let [taken, told] = [0, 0];

  return {
    api,
    homes,
    placeOf: (jid) => (domainOf(jid) === FIRST || !both ? stack : both.second),
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
    kills: killsOf(stack, other),
    async stop() {
      await other?.stop();
      await queues.close();
      queueRedis.close();
      redis.destroy();
      await second.stop();
    },
  };
}

/** Not `in`: what is running is behind a proxy. */
function bothOf(stack: TestStack | TwoHomes): TwoHomes | undefined {
  return (stack as TwoHomes).second === undefined ? undefined : (stack as TwoHomes);
}

type Other = { kill(): Promise<void>; stop(): Promise<void> };

/** The component of the second home. `kill`: and starts it again. */
async function startOther(stack: TwoHomes): Promise<Other> {
  const start = () => startSecondComponent(stack, `${stack.dataDir}/other.log`);
  let running = await start();
  return {
    async kill() {
      await running.kill();
      running = await start();
    },
    stop: () => running.stop(),
  };
}

/** The worker and the last home's component; where each home has a server of its own, each server, too. */
function killsOf(stack: TestStack | TwoHomes, other: Other | undefined): World['kills'] {
  const kill = (part: 'worker' | 'component' | 'server') => async () => {
    await sleep(random() * 300);
    await stack.kill(part);
    await stack.restart(part);
  };
  const killOther = async () => {
    await sleep(random() * 300);
    await other?.kill();
  };
  const parts = { 2: kill('worker'), 3: other ? killOther : kill('component') };
  const both = bothOf(stack);
  if (!both || both.second.server().c2sPort === stack.xmpp.port) return parts;
  return {
    1: async () => {
      await kill('server')();
      await homesLack(stack);
    },
    2: async () => {
      await parts[2]();
      await both.second.killServer();
      await both.second.restartServer();
      await homesLack(stack);
    },
    3: parts[3],
  };
}

/** Accounts that Earshot did not make, and so does not delete (decision 55). */
async function makeAccounts(stack: TestStack | TwoHomes, homes: readonly string[]): Promise<Account[]> {
  const accounts: Account[] = [];
  for (let i = 0; i < ACCOUNTS; i += 1) {
    const host = homes[i % homes.length] ?? FIRST;
    const account = { jid: `user${i}@${host}`, password: 'secret' };
    await makeAccount((host === FIRST ? stack : (bothOf(stack)?.second ?? stack)).server(), account);
    accounts.push(account);
  }
  await untilWrittenDown(
    stack,
    accounts.map(({ jid }) => jid),
  );
  return accounts;
}

/** On Prosody written as it keeps them, since its own command takes half a second for each. */
async function makeAccount(server: XmppServer, { jid, password }: Account): Promise<void> {
  if (!existsSync(join(server.dir, 'prosody.cfg.lua'))) return server.makeAccount(jid, password);
  const [name = '', host = ''] = jid.split('@');
  const folder = join(server.dir, 'data', host.replaceAll('.', '%2e'), 'accounts');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${name}.dat`), `return { ["password"] = "${password}"; };\n`);
}

/** Every second one goes to another account, which is as often at another home as at the same. */
async function moveSome({ api, account }: World, groups: readonly Group[]): Promise<void> {
  const ids = groups.flatMap(({ people, ids }) => ids.filter((_, i) => people[i]?.number !== undefined));
  for (const id of ids.filter((_, i) => i % 2 === 0)) {
    const { status, text } = await api.call('PATCH', `/v1/subscribers/${id}`, account());
    expect(status, text).to.equal(200);
  }
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

async function hasRoster(world: World, account: Account, friends: readonly string[]): Promise<void> {
  const client = await connectFriend(world.placeOf(account.jid), account);
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
