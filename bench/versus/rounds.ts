import { type CpuTimes, cpuEach, othersShare, readCpuOf } from '../cpu.ts';
import type { FanOut } from '../load/fan-out.ts';
import { measureLatencies, measureRate } from '../load/load.ts';
import { median, p99 } from '../median.ts';
import type { Side } from './side.ts';

/** `load`: the part of the slowest side's rate at which the delays of all are measured; times in milliseconds. */
export const VERSUS = {
  publishers: 20,
  watchers: [1, 10, 50],
  rounds: 3,
  warmUp: 1_000,
  duration: 3_000,
  latencyDuration: 3_000,
  load: 0.5,
} as const;

/**
 * What one side did in one round. `isOurs`: whether that is Earshot. `rate`: notifications delivered a second; `median`, `p99`: milliseconds until one is;
 * `cpu`: milliseconds for each, by part, `bench` among them; `others`: the share of the machine that other programs used.
 */
export type VersusRound = {
  watchers: number;
  side: string;
  isOurs: boolean;
  rate: number;
  median: number;
  p99: number;
  cpu: CpuTimes;
  others: number;
};

/** All sides in turn, with few watchers and with many. */
export async function versusRounds(
  sides: readonly Side[],
  fanOut: FanOut,
  say: (line: string) => void,
): Promise<VersusRound[]> {
  const rounds: VersusRound[] = [];
  for (const watchers of VERSUS.watchers) {
    for (const side of sides) await side.watch(watchers);
    fanOut.expect(watchers);
    for (let i = 0; i < VERSUS.rounds; i += 1) rounds.push(...(await oneRound(sides, watchers, fanOut)));
    for (const { side, rate, ...round } of rounds.slice(-VERSUS.rounds * sides.length))
      say(
        `${watchers} watchers, ${side}: ${rate.toFixed(0)} notifications/s, median ${round.median.toFixed(1)} ms, p99 ${round.p99.toFixed(1)} ms; others used ${(round.others * 100).toFixed(0)} %`,
      );
  }
  return rounds;
}

async function oneRound(sides: readonly Side[], watchers: number, fanOut: FanOut): Promise<VersusRound[]> {
  const rates: { rate: number; cpu: CpuTimes; others: number }[] = [];
  for (const side of sides) rates.push(await named(side, fullRate(side, sides, fanOut)));
  const publishes = (Math.min(...rates.map(({ rate }) => rate)) / watchers) * VERSUS.load;
  const rounds: VersusRound[] = [];
  for (const [i, side] of sides.entries()) {
    const delays = await named(side, delaysAt(side, publishes, fanOut));
    const full = rates[i] as (typeof rates)[number];
    rounds.push({ watchers, side: side.name, isOurs: side.isOurs, ...full, median: median(delays), p99: p99(delays) });
  }
  return rounds;
}

/** @throws Error that says which side has failed */
async function named<T>(side: Side, measured: Promise<T>): Promise<T> {
  return measured.catch((cause: unknown) => {
    throw new Error(`${side.name} broke off`, { cause });
  });
}

async function fullRate(side: Side, sides: readonly Side[], fanOut: FanOut) {
  const everything = () => readCpuOf(Object.fromEntries(sides.flatMap(partsOf)));
  let before = everything();
  let [cpu, others]: [CpuTimes, number] = [{}, 0];
  const way = await side.open();
  try {
    const rate = await measureRate(way.publish, fanOut, { lanes: VERSUS.publishers, ...VERSUS }, (events) => {
      const now = everything();
      if (events === undefined) before = now;
      else [cpu, others] = [ofSide(side, cpuEach(before, now, events)), othersShare(before, now)];
    });
    return { rate, cpu, others };
  } finally {
    way.close();
  }
}

async function delaysAt(side: Side, rate: number, fanOut: FanOut): Promise<number[]> {
  const way = await side.open();
  try {
    fanOut.takeDelays();
    const plan = { lanes: VERSUS.publishers, rate: Math.max(1, rate), duration: VERSUS.latencyDuration };
    await measureLatencies(way.publish, fanOut, plan);
    return fanOut.takeDelays();
  } finally {
    way.close();
  }
}

/** Two sides may have parts of the same name. */
function partsOf(side: Side): [part: string, pids: readonly number[]][] {
  return Object.entries(side.processes()).map(([part, pids]) => [`${side.name}: ${part}`, pids]);
}

/** What the side's own parts took, and the benchmark. */
function ofSide(side: Side, cpu: CpuTimes): CpuTimes {
  const prefix = `${side.name}: `;
  const own = Object.entries(cpu).filter(([part]) => part.startsWith(prefix));
  return { ...Object.fromEntries(own.map(([part, ms]) => [part.slice(prefix.length), ms])), bench: cpu.bench ?? 0 };
}
