import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../local/children/child.ts';
import { createApi } from '../../test/support/api.ts';
import { homesLack, SECOND, startSecondComponent, startTwoHomes } from '../../test/support/servers/second-home.ts';
import { NO_LIMITS } from '../../test/support/stalls/stalls.ts';
import { builtProcesses } from '../built.ts';
import { type CpuTimes, cpuEach, othersShare, type Processes, processesOf, readCpuOf } from '../cpu.ts';
import { measureLatencies, type Publish } from '../load/load.ts';
import { createArrivals } from '../load/tunes.ts';
import { earshotWay } from '../load/ways.ts';
import { median } from '../median.ts';
import { onStack } from '../on-stack.ts';
import { gatherAudience } from '../people/audience.ts';
import type { Row } from '../report/rows.ts';
import { storesOf } from '../stores-of.ts';
import type { ServersDeps } from './deps.ts';

/**
 * `rate`: tunes a second; `duration`: milliseconds of each round; `idle`: of that in which nothing plays; `more`: what a tune may cost
 * more with two homes.
 */
export const HOMES = {
  ...{ publishers: 100, friends: 2, rate: 100, rounds: 10, duration: 4_000, idle: 10_000 },
  more: 1.05,
} as const;

/** What Earshot runs as: all but the XMPP server, and this process. */
const OURS = ['gateway', 'component', 'worker', 'redis'];
const OF_SECOND = '+86139';

/** Publishers whose tunes are counted, and all processes that work for them. */
type Side = { publish: Publish; arrivals: ReturnType<typeof createArrivals>; processes(): Processes; close(): void };

/** Milliseconds of processor time by part: of each round for a tune, and for a second in which nothing plays. */
type Costs = { rounds: CpuTimes[]; idle: CpuTimes };
/** `others`: the share of the machine (0–1) that other programs used in all rounds. */
type Found = { one: Costs; two: Costs; others: number };

/** What Earshot computes for a tune when all people are at one home, and when half of them are at another. */
export async function twoHomes(deps: ServersDeps): Promise<Row[]> {
  const { folder, signal, say } = deps;
  return onStack({ dataDir: join(folder, 'one-home'), env: NO_LIMITS, signal }, async ({ stack, api, stores }) => {
    const audience = await gatherAudience(stack, api, stores, HOMES);
    const costs = await withTwoHomes(deps, async (two) => {
      // Not before: a gateway ends connections on which nothing was asked for a while.
      const way = await earshotWay(stack, audience.publishers);
      const one: Side = { ...way, arrivals: audience.arrivals, processes: () => processesOf(stack) };
      return costsOf(one, two).finally(way.close);
    });
    audience.leave();
    return rowsOf(costs, say);
  });
}

/** The sides take turns at being first. */
async function costsOf(one: Side, two: Side): Promise<Found> {
  const rounds: Record<'one' | 'two', CpuTimes[]> = { one: [], two: [] };
  const sides = [['one', one] as const, ['two', two] as const];
  const before = readCpuOf(bothOf(one, two));
  // The first two rounds compile what the others use.
  for (let i = 0; i < HOMES.rounds + 2; i += 1)
    for (const [name, side] of i % 2 === 0 ? sides : sides.toReversed()) rounds[name].push(await costOf(side));
  const others = othersShare(before, readCpuOf(bothOf(one, two)));
  return {
    one: { rounds: rounds.one.slice(2), idle: await idleOf(one) },
    two: { rounds: rounds.two.slice(2), idle: await idleOf(two) },
    others,
  };
}

/** While one of them plays the other idles. */
function bothOf(one: Side, two: Side): Processes {
  const named = (name: string, processes: Processes) =>
    Object.entries(processes).map(([part, pids]) => [`${name} ${part}`, pids] as const);
  return Object.fromEntries([...named('one', one.processes()), ...named('two', two.processes())]);
}

function rowsOf({ one, two, others }: Found, say: (line: string) => void): Row[] {
  const ratio = (of: (side: Costs, round: number) => number) =>
    median(one.rounds.map((_, round) => of(two, round) / of(one, round)));
  const whole = ratio(wholeOf);
  const beyond = ratio((side, round) => wholeOf(side, round) - sum(side.idle) / HOMES.rate);
  say(`a tune costs ${inWords(one)} with one home`);
  say(
    `a tune costs ${inWords(two)} with two: ${whole.toFixed(3)} times; without what idling costs ${beyond.toFixed(3)}`,
  );
  const told = (side: Costs) => `${median(side.rounds.map((_, round) => wholeOf(side, round))).toFixed(2)} ms`;
  return [
    {
      what: `Two homes on one Prosody: processor time of Earshot and Redis for a tune at ${HOMES.rate} a second, times that of one home; without what they need anyway while nothing plays`,
      measured: `${beyond.toFixed(2)} ×; with it ${whole.toFixed(2)} ×: ${told(two)} and ${told(one)}`,
      goal: `at most ${HOMES.more} ×`,
      met: beyond <= HOMES.more,
    },
    {
      what: 'Two homes: processor time of Earshot and Redis in a second in which nothing plays',
      measured: `${sum(one.idle).toFixed(0)} ms with one home, ${sum(two.idle).toFixed(0)} ms with two`,
      goal: '',
      met: undefined,
    },
    {
      what: 'Two homes: what other programs used of this machine meanwhile',
      measured: `${(others * 100).toFixed(0)} %`,
      goal: '',
      met: undefined,
    },
  ];
}

function wholeOf({ rounds }: Costs, round: number): number {
  return sum(rounds[round] ?? {});
}

function sum(times: CpuTimes): number {
  return OURS.reduce((all, name) => all + (times[name] ?? 0), 0);
}

function inWords({ rounds, idle }: Costs): string {
  const ms = (name: string) => median(rounds.map((round) => round[name] ?? 0)).toFixed(3);
  const rest = (name: string) => ((idle[name] ?? 0) / HOMES.rate).toFixed(3);
  return `${OURS.map((name) => `${name} ${ms(name)} ms (idle ${rest(name)})`).join(', ')}`;
}

async function withTwoHomes<T>({ folder }: ServersDeps, work: (side: Side) => Promise<T>): Promise<T> {
  const env = {
    ...{ EARSHOT_PUBLISH_INTERVAL_MS: '0', EARSHOT_HOMES: `op.example ${SECOND.host}=${OF_SECOND}` },
    ...NO_LIMITS,
  };
  const entries = builtProcesses();
  const stack = await startTwoHomes('one Prosody', { env, entries });
  let component: Child | undefined;
  try {
    component = await startSecondComponent(stack, join(folder, 'second-component.log'), {
      entry: entries.component as string,
    });
    await homesLack(stack);
    const { redis, stores } = await storesOf(stack, [stack.redis().url]);
    const api = createApi(stack);
    const arrivals = createArrivals();
    const half = { publishers: HOMES.publishers / 2, friends: HOMES.friends / 2, arrivals };
    const first = await gatherAudience(stack, api, stores, half);
    const second = await gatherAudience(stack.second, api, stores, { ...half, prefix: OF_SECOND });
    redis.destroy();
    const way = await earshotWay(stack, [...first.publishers, ...second.publishers]);
    const { pid } = component;
    const processes = () => ({ ...processesOf(stack), component: [stack.part('component').pid, pid] });
    return await work({ ...way, arrivals, processes }).finally(() => {
      way.close();
      first.leave();
      second.leave();
    });
  } finally {
    await component?.stop();
    await stack.stop();
  }
}

async function costOf({ publish, arrivals, processes }: Side): Promise<CpuTimes> {
  const before = readCpuOf(processes());
  const times = await measureLatencies(publish, arrivals, { lanes: HOMES.publishers, ...HOMES });
  return cpuEach(before, readCpuOf(processes()), times.length);
}

async function idleOf({ processes }: Side): Promise<CpuTimes> {
  const before = readCpuOf(processes());
  await sleep(HOMES.idle);
  return cpuEach(before, readCpuOf(processes()), HOMES.idle / 1_000);
}
