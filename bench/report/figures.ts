import { median } from '../median.ts';
import type { Pair, Round } from '../parts/measure.ts';
import { PLAN } from '../plan.ts';

/** What was measured on both sides and how they compare; `value` is what a goal is about. */
export type Figure = { raw: number; earshot: number; value: number };
export type Figures = { rate: Figure; latency: Figure; rosters: Figure };

type Key = keyof Figures;

/**
 * Medians. Each round of Earshot is compared with the round of Prosody alone just before it, and `value` is the median of
 * those comparisons, so that a machine that is faster or slower for a while changes both alike.
 */
export function toFigures(pairs: readonly Pair[]): Figures {
  return {
    rate: figure(pairs, 'rate', (earshot, raw) => earshot / raw),
    latency: figure(pairs, 'latency', (earshot, raw) => earshot - raw),
    rosters: figure(pairs, 'rosters', (earshot, raw) => earshot / raw),
  };
}

function figure(pairs: readonly Pair[], key: Key, compare: (earshot: number, raw: number) => number): Figure {
  return {
    raw: median(pairs.map(({ raw }) => raw[key])),
    earshot: median(pairs.map(({ earshot }) => earshot[key])),
    value: median(pairs.map(({ earshot, raw }) => compare(earshot[key], raw[key]))),
  };
}

/** Whether other programs left the machine alone, as far as they ever do. */
export function isQuiet({ raw, earshot }: Pair): boolean {
  return Math.max(raw.others, earshot.others) <= PLAN.quiet;
}

/** The rounds that count: the quiet ones, or all when there are hardly any quiet ones. */
export function counted(pairs: readonly Pair[]): Pair[] {
  const quiet = pairs.filter(isQuiet);
  return quiet.length >= 2 ? quiet : [...pairs];
}

/** CPU milliseconds for each event, by part of the stack: medians, largest first. */
export function cpuFigures(rounds: readonly Round[]): [part: string, ms: number][] {
  const parts = [...new Set(rounds.flatMap(({ cpu }) => Object.keys(cpu)))];
  return parts
    .map((part): [string, number] => [part, median(rounds.map(({ cpu }) => cpu[part] ?? 0))])
    .sort(([, a], [, b]) => b - a);
}
