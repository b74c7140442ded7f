import type { Stack } from '../../local/stack/stack.ts';
import type { Stores } from '../../store/stores.ts';
import type { Api, Person } from '../../test/support/api.ts';
import { type CpuTimes, othersShare, readCpu } from '../cpu.ts';
import { earshotWay, rawWay } from '../load/ways.ts';
import type { Audience } from '../people/audience.ts';
import { LAST_ROUND, PLAN } from '../plan.ts';
import { publishing } from './publishing.ts';
import { type Circle, gatherCircle, reconcileBook, setRosters } from './reconciling.ts';

/**
 * One round of one side. `rate`: events a second at the friends; `latency`, `rosters`: milliseconds; `cpu`: milliseconds
 * for each event; `others`: the share of the machine that other programs used.
 */
export type Round = { rate: number; latency: number; rosters: number; cpu: CpuTimes; others: number };
/** A round of Prosody alone and the round of Earshot right after it. */
export type Pair = { raw: Round; earshot: Round };
export type Deps = { stack: Stack; api: Api; stores: Stores; signal: AbortSignal; say(line: string): void };

type World = Deps & { audience: Audience; circle: Circle };

/** Measures both sides in turn, on one stack. */
export async function measure(deps: Deps, audience: Audience): Promise<Pair[]> {
  const { api, stores, signal, say } = deps;
  const started = performance.now();
  const circle = await gatherCircle(api, stores);
  const world = { ...deps, audience, circle };
  const pairs: Pair[] = [];
  for (let i = 0; i < PLAN.rounds && (i === 0 || performance.now() - started < LAST_ROUND); i += 1) {
    signal.throwIfAborted();
    const raw = await rawRound(world, circle.bareOwners[i] as Person);
    say(`Round ${i + 1}, Prosody alone:   ${describe(raw)}`);
    signal.throwIfAborted();
    const earshot = await earshotRound(world, circle.owners[i] as Person, raw.rate);
    say(`Round ${i + 1}, through Earshot: ${describe(earshot)}`);
    pairs.push({ raw, earshot });
  }
  return pairs;
}

async function rawRound({ stack, audience, circle }: World, owner: Person): Promise<Round> {
  const way = await rawWay(stack, audience.publishers);
  const before = readCpu(stack);
  const published = await publishing(stack, way.publish, audience);
  const rosters = await setRosters(way.component, circle, owner);
  const others = othersShare(before, readCpu(stack));
  way.close();
  return { ...published, rosters, others };
}

async function earshotRound(world: World, owner: Person, rawRate: number): Promise<Round> {
  const { stack, api, stores, audience, circle } = world;
  const way = await earshotWay(stack, audience.publishers);
  const before = readCpu(stack);
  const published = await publishing(stack, way.publish, audience, rawRate);
  const rosters = await reconcileBook(api, stores, circle, owner);
  const others = othersShare(before, readCpu(stack));
  way.close();
  return { ...published, rosters, others };
}

function describe({ rate, latency, rosters, others }: Round): string {
  const disturbed = others > PLAN.quiet ? `, disturbed: others used ${Math.round(others * 100)} % of the machine` : '';
  return `${rate.toFixed(0)} tunes/s, ${latency.toFixed(2)} ms, rosters in ${rosters.toFixed(0)} ms${disturbed}`;
}
