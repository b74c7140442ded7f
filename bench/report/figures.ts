import type { CpuTimes } from '../cpu.ts';
import { median } from '../median.ts';
import type { Pair, Round } from '../parts/measure.ts';
import { PLAN } from '../plan.ts';

/** What was measured on both sides, and the median of how neighbouring rounds compare, which is what a goal is about. */
export type Figure = { raw: number; earshot: number; value: number };
/** `added…`: the latency that Earshot adds, in times that of the bare publish. */
export type Figures = {
  rate: Figure;
  quiet: { median: Figure; p99: Figure };
  half: { median: Figure; p99: Figure };
};

/**
 * Medians. Each round of Earshot is compared with the round of Prosody alone just before it, so that a machine that is
 * faster or slower for a while changes both alike.
 */
export function toFigures(pairs: readonly Compared[]): Figures {
  const added = (raw: number, earshot: number) => (earshot - raw) / raw;
  const latency = (load: 'quiet' | 'half') => ({
    median: figure(pairs, (round) => round[load].median, added),
    p99: figure(pairs, (round) => round[load].p99, added),
  });
  return {
    rate: figure(
      pairs,
      ({ rate }) => rate,
      (raw, earshot) => earshot / raw,
    ),
    quiet: latency('quiet'),
    half: latency('half'),
  };
}

/** How long the roster items of a book took, beside the bare sets: with the time that Earshot waits before it begins, without it, and without Earshot. */
export type RosterSide = 'waiting' | 'working' | 'careful';

/** The roster items of a book, where they were measured. */
export function rosterFigure(pairs: readonly Pair[], side: RosterSide): Figure {
  const measured = pairs.flatMap(({ rosters }) => {
    if (!rosters) return [];
    const { raw, careful, earshot, wait } = rosters;
    return [{ raw, earshot: { waiting: earshot, working: earshot - wait, careful }[side] }];
  });
  return {
    raw: median(measured.map(({ raw }) => raw)),
    earshot: median(measured.map(({ earshot }) => earshot)),
    value: median(measured.map(({ raw, earshot }) => earshot / raw)),
  };
}

/** Two rounds to be compared. */
export type Compared = { raw: Round; earshot: Round };

function figure(
  pairs: readonly Compared[],
  of: (round: Round) => number,
  compare: (raw: number, earshot: number) => number,
): Figure {
  return {
    raw: median(pairs.map(({ raw }) => of(raw))),
    earshot: median(pairs.map(({ earshot }) => of(earshot))),
    value: median(pairs.map(({ raw, earshot }) => compare(of(raw), of(earshot)))),
  };
}

/** Whether other programs left the machine alone, as far as they ever do. */
export function isQuiet({ raw, earshot, everysec }: Pair): boolean {
  return Math.max(raw.others, earshot.others, everysec?.others ?? 0) <= PLAN.quiet;
}

/** The rounds of a size of rosters that count: the quiet ones, or all when there are hardly any quiet ones. */
export function counted(pairs: readonly Pair[], contacts: number): Pair[] {
  const all = pairs.filter((pair) => pair.contacts === contacts);
  const quiet = all.filter(isQuiet);
  return quiet.length >= 2 ? quiet : all;
}

/** CPU milliseconds for each event, by part of the stack: medians, largest first. */
export function cpuFigures(rounds: readonly { cpu: CpuTimes }[]): [part: string, ms: number][] {
  const parts = [...new Set(rounds.flatMap(({ cpu }) => Object.keys(cpu)))];
  return parts
    .map((part): [string, number] => [part, median(rounds.map(({ cpu }) => cpu[part] ?? 0))])
    .sort(([, a], [, b]) => b - a);
}
