import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROLES, type Role } from '../../local/processes.ts';
import { createApi } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { keysIn } from '../support/kept/traces.ts';
import { TEST_SERVER } from '../support/on-server.ts';
import { type Backup, createBackup } from '../support/put-back.ts';
import { randomFrom } from '../support/random.ts';
import { untilWrittenDown } from '../support/servers/written-down.ts';
import { withRedis } from '../support/stack.ts';
import { workDone } from '../support/work.ts';
import {
  erasedLeftNothing,
  friendsAreRight,
  nothingLeaked,
  nothingWentBackwards,
  rostersAreRight,
  streamsAreRight,
  tunesAreRight,
  type World,
} from './checks.ts';
import { createCrowd } from './crowd.ts';
import { faultsOf, type Victim } from './faults.ts';
import { createStreams } from './streams.ts';
import { createWatchers } from './watchers.ts';

/** One fault under load. `milliseconds`: from its end until everything was as the model says. `found`: what never was. */
export type Round = { fault: string; milliseconds: number; found?: string; journal?: string };

/** `only`: faults whose names hold that word; `after`: called with each round. */
export type Torture = { faults: number; seed: number; only: string; after(round: Round, at: Standing): void };

/** What it is about. */
export type Tortured = Pick<Victim, 'stack' | 'network' | 'disk' | 'clock' | 'cluster'>;

/** How much there is after a round. `megabytes`: resident memory, by role. */
export type Standing = { things: number; keys: number; megabytes: Readonly<Record<string, number>> };

const PEOPLE = 10;
/** Things that each does in a round. */
const THINGS = 4;
/** Milliseconds after the beginning of a round within which its fault comes. */
const WITHIN = 1_000;
/** Milliseconds that something wrong may take to become right once nothing is left to be done. */
const AFTERWARDS = 60_000;

/** ejabberd may have an item again that its user had deleted right before a kill -9. */
const DELETIONS_LAST = TEST_SERVER !== 'ejabberd';

/** A copy of Redis from before the round is put back after it. */
const PUT_BACK = [
  { name: 'an older copy of Redis is put back, with Earshot stopped', into: 'putBack' },
  { name: 'an older copy of Redis is put back beneath a component that is connected', into: 'putIntoRedis' },
] as const;

/** Faults at random, one after the other, while people live their lives; after each everything is compared with the model. */
export async function torture(
  { stack, network, disk, clock, cluster }: Tortured,
  { faults, seed, only, after }: Torture,
): Promise<void> {
  const random = randomFrom(seed);
  const api = createApi(stack);
  const backup = createBackup(stack);
  const crowd = await createCrowd(api, PEOPLE, random);
  const world: World = { stack, api, crowd, watchers: createWatchers(stack), streams: createStreams(stack) };
  const victim: Victim = { stack, network, disk, clock, cluster, backup, streams: world.streams, random };
  const kinds = [
    ...faultsOf(victim).map(({ name, strike }) => ({ name, round: () => under(world, victim, strike) })),
    ...putBacks(),
  ].filter(({ name }) => name.includes(only));

  /** A cluster has no copy of one moment. */
  function putBacks() {
    if (cluster) return [];
    return PUT_BACK.map(({ name, into }) => ({ name, round: () => beforeCopy(world, backup, into) }));
  }

  await comeAnew(world);
  try {
    let left: typeof kinds = [];
    for (let n = 0; n < faults; n += 1) {
      // Each kind as often as any other.
      if (left.length === 0) left = [...kinds];
      const [kind] = left.splice(Math.floor(random() * left.length), 1);
      if (!kind) return;
      const round = await tried(kind.name, kind.round, world);
      after(round, await standingOf(world));
      if (round.found !== undefined) return;
    }
  } finally {
    world.streams.stop();
    await world.watchers.leave();
  }
}

async function comeAnew({ stack, crowd, watchers, streams }: World): Promise<void> {
  await untilWrittenDown(
    stack,
    crowd.people.map(({ jid }) => jid),
  );
  streams.follow(crowd.people);
  await watchers.comeAnew(crowd.people);
}

async function standingOf({ stack, crowd }: World): Promise<Standing> {
  const sizes = ROLES.map(async (role): Promise<[Role, number]> => {
    const status = await readFile(`/proc/${stack.process(role).pid}/status`, 'utf8').catch(() => '');
    return [role, Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024)];
  });
  let keys = Number.NaN;
  await withRedis(stack, async (redis) => {
    keys = (await keysIn(redis)).length;
  }).catch(() => {});
  return {
    things: crowd.count(),
    keys,
    megabytes: Object.fromEntries(await Promise.all(sizes)),
  };
}

async function tried(fault: string, round: () => Promise<void>, world: World): Promise<Round> {
  let over = Date.now();
  try {
    await round();
    over = Date.now();
    await converged(world);
    const milliseconds = Date.now() - over;
    await comeAnew(world);
    await eventually(() => rostersAreRight(world), AFTERWARDS);
    await eventually(() => tunesAreRight(world), AFTERWARDS);
    await eventually(() => streamsAreRight(world), AFTERWARDS);
    nothingLeaked(world);
    nothingWentBackwards(world);
    await eventually(() => erasedLeftNothing(world), AFTERWARDS);
    world.crowd.settled();
    return { fault, milliseconds };
  } catch (err) {
    return { fault, milliseconds: Date.now() - over, found: whatIsWrong(err), journal: world.crowd.journal.join('\n') };
  }
}

async function under(
  { crowd, watchers }: World,
  victim: Victim,
  strike: (victim: Victim) => Promise<void>,
): Promise<void> {
  const before = victim.random() * WITHIN;
  const lives = crowd.live(THINGS, { mayLeave: true, refuse: DELETIONS_LAST ? watchers.refuse : undefined });
  const struck = sleep(before).then(() => strike(victim));
  await Promise.all([lives, struck]);
}

async function beforeCopy(world: World, backup: Backup, into: 'putBack' | 'putIntoRedis'): Promise<void> {
  const file = await backup.copy();
  const [asThen, stamps] = [world.crowd.remember(), await backup.stamps()];
  do await world.crowd.live(THINGS);
  while ((await backup.stamps()) === stamps);
  await backup[into](file);
  asThen();
  world.streams.goBack();
}

/** Nothing is left to be done, and friends are who they should be. */
async function converged(world: World): Promise<void> {
  await world.stack.untilReady();
  await eventually(async () => {
    await friendsAreRight(world);
    await workDone(world.stack);
  });
}

function whatIsWrong(err: unknown): string {
  const { message, actual } = err as Error & { actual?: unknown };
  return actual === undefined ? message : `${message}: ${JSON.stringify(actual)}`;
}
