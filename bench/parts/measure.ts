import type { Stack } from '../../local/stack/stack.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Stores } from '../../store/stores.ts';
import type { Api, Person } from '../../test/support/api.ts';
import { othersShare, readCpu } from '../cpu.ts';
import { measureRate } from '../load/load.ts';
import type { RawComponent } from '../load/raw-component.ts';
import { earshotWay, rawWay } from '../load/ways.ts';
import type { Audience } from '../people/audience.ts';
import { type Contacts, createContacts } from '../people/contacts.ts';
import { LAST_ROUND, PLAN } from '../plan.ts';
import { type Published, publishing } from './publishing.ts';
import { type Circle, gatherCircle, reconcileBooks, setRosters } from './reconciling.ts';

/** One round of one side. `others`: the share of the machine that other programs used. */
export type Round = Published & { others: number };
/**
 * A round of Prosody alone and the rounds of Earshot right after it, with so many contacts in each roster; `everysec`: with
 * `appendfsync everysec`. `rosters`: milliseconds that the 120 items of a book took, `careful`: of the bare component when it reads and withdraws
 * first; `wait`: before Earshot began.
 */
export type Pair = {
  contacts: number;
  raw: Round;
  earshot: Round;
  everysec?: Round;
  rosters?: { raw: number; careful: number; earshot: number; wait: number };
};
export type Deps = {
  stack: Stack;
  redis: Redis;
  api: Api;
  stores: Stores;
  signal: AbortSignal;
  say(line: string): void;
};

type World = Deps & { audience: Audience; circle: Circle; contacts: Contacts };

/** Measures all sides in turn, on one stack. */
export async function measure(deps: Deps, audience: Audience): Promise<Pair[]> {
  const { api, stack, stores, signal } = deps;
  const circle = await gatherCircle(api, stores);
  const people = [...audience.publishers, ...audience.friends].map(({ jid }) => jid);
  const world = { ...deps, audience, circle, contacts: createContacts(stack, people) };
  const started = performance.now();
  const pairs: Pair[] = [];
  for (let i = 0; i < PLAN.rounds && (i === 0 || performance.now() - started < LAST_ROUND); i += 1)
    for (const contacts of PLAN.rosters) {
      signal.throwIfAborted();
      pairs.push(await measurePair(world, i, contacts));
    }
  await world.contacts.give(PLAN.rosters[0]);
  await audience.enter();
  await stack.restart('component');
  await stack.untilReady();
  return pairs;
}

async function measurePair(world: World, round: number, contacts: number): Promise<Pair> {
  const { stack, redis, audience, circle } = world;
  const first = contacts === PLAN.rosters[0];
  await world.contacts.give(contacts);
  await audience.enter();
  const bare = await rawWay(stack, audience.publishers);
  const raw = await oneRound(world, bare.publish);
  const bareRosters = first ? await setBareRosters(bare.component, circle, round) : { raw: 0, careful: 0 };
  bare.close();
  tell(world, contacts, 'Prosody alone', raw);
  const way = await earshotWay(stack, audience.publishers);
  await measureRate(way.publish, audience.arrivals, { lanes: PLAN.lanes, warmUp: PLAN.started, duration: 0 });
  const earshot = await oneRound(world, way.publish, raw.rate);
  tell(world, contacts, 'through Earshot', earshot);
  const pair: Pair = { contacts, raw, earshot };
  if (first) {
    const { time, wait } = await reconcileBooks(world, circle, round);
    pair.rosters = { ...bareRosters, earshot: time, wait };
    await redis.configSet('appendfsync', 'everysec');
    pair.everysec = await oneRound(world, way.publish, raw.rate).finally(() =>
      redis.configSet('appendfsync', 'always'),
    );
    tell(world, contacts, 'with everysec', pair.everysec);
  }
  way.close();
  return pair;
}

async function setBareRosters(component: RawComponent, circle: Circle, round: number) {
  const [owner, another] = circle.bareOwners.slice(2 * round) as [Person, Person];
  const raw = await setRosters(component, circle, owner);
  return { raw, careful: await setRosters(component, circle, another, true) };
}

async function oneRound(
  { stack, audience }: World,
  publish: Parameters<typeof publishing>[1],
  rawRate?: number,
): Promise<Round> {
  const before = readCpu(stack);
  const published = await publishing(stack, publish, audience, rawRate);
  return { ...published, others: othersShare(before, readCpu(stack)) };
}

function tell({ say }: World, contacts: number, side: string, { rate, quiet, half, others }: Round): void {
  const disturbed = others > PLAN.quiet ? `, disturbed: others used ${Math.round(others * 100)} % of the machine` : '';
  const times = [quiet, half].map((latency) => `${latency.median.toFixed(1)} and ${latency.p99.toFixed(1)} ms`);
  say(
    `${String(contacts).padStart(3)} contacts, ${side.padEnd(15)}: ${rate.toFixed(0)} tunes/s; quiet ${times[0]}, half load ${times[1]}${disturbed}`,
  );
}
