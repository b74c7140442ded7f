import { type ChildProcess, fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from '../../test/support/api.ts';
import { openHttpLane } from '../load/http-lane.ts';
import { measureRate } from '../load/load.ts';
import { type Arrivals, createArrivals, newTune } from '../load/tunes.ts';
import { earshotWay } from '../load/ways.ts';
import { median } from '../median.ts';
import type { Deps } from '../parts/measure.ts';
import { type Audience, gatherAudience } from '../people/audience.ts';
import { join } from '../people/people.ts';
import type { Chapter } from '../report/chapters.ts';
import type { Machine } from '../report/machine.ts';
import { table } from '../report/markdown.ts';
import { type Row, rowTable } from '../report/rows.ts';
import { within } from '../within.ts';
import { type Flooded, type Order, type Place, type Reply, TITLE } from './callers.ts';
import { lostOf } from './lost.ts';
import { memoryOf, mostIn } from './memory.ts';
import { callOthers } from './others.ts';
import { OVERLOAD } from './overload-plan.ts';
import { type Minute, row, rowsOf } from './overload-rows.ts';

export const OVERLOAD_CHAPTER = 'Overload';

/** Milliseconds in which everything is as before, or the part breaks off. */
const PATIENCE = 120_000;

const METHOD = `Written by \`npm run bench -- overload\`. A stack from the build; ${OVERLOAD.publishers} subscribers play, each with one friend, who is online. The sustainable load is what can go on for ever: ${OVERLOAD.lanes} tunes are on their way at any time, each followed by the next when its friend has it. What the gateway alone can answer is more, as of tunes that follow each other faster than they can be shown the newest is shown; that is measured with ${OVERLOAD.lanes} connections that call \`PUT …/now-playing\` again as soon as they have their answer. Then a process of its own calls for ${OVERLOAD.duration / 1_000} s, ${OVERLOAD.times} times as often as is sustainable; and once more ${OVERLOAD.times} times as often as the gateway can answer, as far as ${OVERLOAD.connections.toLocaleString('en')} connections, on each of which one call is under way, and this machine allow. It calls whatever comes back, and obeys no \`Retry-After\`. Beside it go probes, ten a second, and a few withdrawals of consent, small books, rounds of reconciliation and imports of one row. Calls that follow each other on one connection, before and after, say when it is as before. Everything shares one machine: what callers and friends compute is taken from Earshot.`;

type World = {
  deps: Deps;
  callers: ReturnType<typeof startCallers>;
  place: Place;
  /** Who plays nothing, and who plays alone. */
  other: Person;
  alone: Person;
  /** The tune that each publisher's friend was shown last. */
  shown: ReadonlyMap<number, number>;
};

/** Many more calls than can be answered: what is refused, what it costs those that are not, and how soon it is over. */
export async function overload(deps: Deps, machine: Machine): Promise<Chapter> {
  const { stack, api, stores } = deps;
  const shown = new Map<number, number>();
  const audience = await gatherAudience(stack, api, stores, { ...OVERLOAD, arrivals: noting(shown) });
  const [other, alone] = (await join(api, 2, 'Beside')) as [Person, Person];
  const callers = startCallers();
  try {
    const ids = audience.publishers.map(({ id }) => id);
    const place: Place = { port: Number(new URL(stack.gatewayUrl).port), key: stack.operatorKey, ids };
    const rows = await measured({ deps, callers, place, other, alone, shown }, audience);
    return { title: OVERLOAD_CHAPTER, text: [METHOD, rowTable(rows), table(['', ''], machine)].join('\n\n') };
  } finally {
    callers.end();
    audience.leave();
  }
}

async function measured(world: World, audience: Audience): Promise<Row[]> {
  const { deps, callers, place } = world;
  const { lanes, warmUp, sustained, times } = OVERLOAD;
  const way = await earshotWay(deps.stack, audience.publishers);
  const load = { lanes, warmUp, duration: sustained };
  const sustainable = await measureRate(way.publish, audience.arrivals, load).finally(() => way.close());
  const { rate } = await callers.ask<{ rate: number }>({ what: 'most', ...place, ...load, connections: lanes });
  deps.say(`Sustainable: ${sustainable.toFixed(0)} tunes a second; answered by the gateway: ${rate.toFixed(0)}`);
  const some = await minute(world, sustainable * times);
  const most = await minute(world, rate * times);
  return [
    row('Sustainable: tunes that reach a friend', `${sustainable.toFixed(0)} a second`),
    row('Answered by the gateway to those that wait for its answers', `${rate.toFixed(0)} a second`),
    ...rowsOf(`${times} times the sustainable load`, some, sustainable * times),
    ...rowsOf('As often as it could be called', most),
  ];
}

async function minute({ deps, callers, place, other, alone, shown }: World, rate: number): Promise<Minute> {
  const { stack, say } = deps;
  const { duration, connections, window, again } = OVERLOAD;
  const quiet = median(await oneByOne(deps, alone, (calls) => calls.length === OVERLOAD.calls));
  const before = memoryOf(stack);
  const others = callOthers(stack, other);
  const flood = { what: 'flood', ...place, rate, connections, duration } as const;
  const [[first, second]] = await Promise.all([mostIn(stack, duration), callers.ask(flood)]);
  const end = performance.now();
  const told = others.stop();
  const isQuick = (calls: readonly number[]) => calls.length >= window && median(calls.slice(-window)) <= again * quiet;
  await oneByOne(deps, alone, isQuick);
  const recovered = performance.now() - end;
  const flooded = await callers.ask<Flooded>({ what: 'collect' });
  const kept = await untilShown(deps, place.ids, shown);
  const found = { quiet, recovered, shown: performance.now() - end, lost: lostOf(flooded.taken, kept) };
  await sleep(OVERLOAD.recovery);
  const memory = { before, first, second, later: memoryOf(stack) };
  const all: Minute = { ...found, flooded, memory, told: await told };
  say(JSON.stringify({ ...all, flooded: { ...flooded, taken: flooded.taken.length } }));
  return all;
}

/** Milliseconds of calls that follow each other on one connection, until it is enough; one that is refused takes for ever. */
async function oneByOne(
  { stack }: Deps,
  { id }: Person,
  isEnough: (calls: readonly number[]) => boolean,
): Promise<number[]> {
  const lane = await openHttpLane(stack);
  const calls: number[] = [];
  const call = async () => {
    const start = performance.now();
    await lane.put(`/v1/subscribers/${id}/now-playing`, newTune());
    return performance.now() - start;
  };
  try {
    const start = performance.now();
    while (!isEnough(calls)) {
      if (performance.now() - start > PATIENCE) throw new Error('Calls do not become quick again.');
      calls.push(await call().catch(() => Number.POSITIVE_INFINITY));
    }
    return calls;
  } finally {
    lane.close();
  }
}

/** The tune that each has in the end, by its number, when its friend was shown that. */
async function untilShown(
  { stores }: Deps,
  ids: readonly string[],
  shown: ReadonlyMap<number, number>,
): Promise<(number | undefined)[]> {
  const start = performance.now();
  for (;;) {
    const states = await stores.nowPlaying.readMany(ids);
    const kept = states.map(({ devices }) => numberOf(devices[0]?.tune.title ?? ''));
    if (kept.every((tune, of) => tune !== undefined && shown.get(of) === tune)) return kept;
    if (performance.now() - start > PATIENCE) throw new Error('Some friends are not shown what was played last.');
    await sleep(20);
  }
}

/** Whose tune was shown last; a tune's number says whose it is. */
function noting(shown: Map<number, number>): Arrivals {
  const arrivals = createArrivals();
  return {
    ...arrivals,
    note(title) {
      const tune = numberOf(title);
      if (tune !== undefined) shown.set(tune % OVERLOAD.publishers, tune);
      arrivals.note(title);
    },
  };
}

function numberOf(title: string): number | undefined {
  return title.startsWith(TITLE) ? Number(title.slice(TITLE.length)) : undefined;
}

function startCallers() {
  const child: ChildProcess = fork(new URL('callers.ts', import.meta.url));
  const ended = new Promise<never>((_, reject) => child.once('exit', () => reject(new Error('The callers ended.'))));
  ended.catch(() => {});
  return {
    async ask<Answer extends Reply>(order: Order): Promise<Answer> {
      const answer = new Promise<Answer>((resolve) => child.once('message', (reply) => resolve(reply as Answer)));
      child.send(order);
      return within(PATIENCE, Promise.race([answer, ended]));
    },
    end: () => void child.kill(),
  };
}
