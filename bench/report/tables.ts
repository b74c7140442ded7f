import type { Pair } from '../parts/measure.ts';
import { GOALS } from '../plan.ts';
import { counted, cpuFigures, type Figures, isQuiet } from './figures.ts';
import { table } from './markdown.ts';
import { verdict } from './rows.ts';

/** The three figures, with their goals. */
export function figureTable({ rate, latency, rosters }: Figures): string {
  return table(
    ['', 'Prosody alone', 'through Earshot', 'comparison', 'goal', ''],
    [
      [
        'Tunes that reach a friend, a second',
        rate.raw.toFixed(0),
        rate.earshot.toFixed(0),
        `ratio ${rate.value.toFixed(2)}`,
        `at least ${GOALS.rate}`,
        verdict(rate.value >= GOALS.rate),
      ],
      [
        'Time to the friend at a tenth of that load, median',
        `${latency.raw.toFixed(2)} ms`,
        `${latency.earshot.toFixed(2)} ms`,
        `${latency.value.toFixed(2)} ms added`,
        `at most ${GOALS.addedLatency} ms`,
        verdict(latency.value <= GOALS.addedLatency),
      ],
      [
        'A book of 300 with 60 matches: 120 roster items',
        `${rosters.raw.toFixed(0)} ms`,
        `${rosters.earshot.toFixed(0)} ms`,
        `${rosters.value.toFixed(1)} times; ${percent(1 - 1 / rosters.value)} of the time is Earshot’s`,
        '',
        '',
      ],
    ],
  );
}

/** How far the figures can be trusted. */
export function disturbance(pairs: readonly Pair[]): string {
  const quiet = pairs.filter(isQuiet).length;
  if (quiet === pairs.length) return `Other programs left the machine alone in all ${pairs.length} rounds.`;
  return counted(pairs).length === quiet
    ? `Other programs were busy in ${pairs.length - quiet} of ${pairs.length} rounds, which do not count.`
    : '**Other programs were busy on this machine in most rounds; run it again when it is quiet.**';
}

/** Every round, those that do not count as well. */
export function roundTable(pairs: readonly Pair[]): string {
  const both = ({ raw, earshot }: Pair, key: 'rate' | 'latency' | 'rosters', digits: number) =>
    `${raw[key].toFixed(digits)} / ${earshot[key].toFixed(digits)}`;
  const rows = pairs.map((pair, i) => [
    String(i + 1),
    both(pair, 'rate', 0),
    both(pair, 'latency', 2),
    both(pair, 'rosters', 0),
    `${percent(pair.raw.others)} / ${percent(pair.earshot.others)}`,
  ]);
  return table(['', 'tunes/s', 'latency, ms', 'rosters, ms', 'machine used by others'], rows);
}

/** What each part of the stack spends on one tune. */
export function cpuTable(pairs: readonly Pair[]): string {
  const alone = new Map(cpuFigures(pairs.map(({ raw }) => raw)));
  const rows = cpuFigures(pairs.map(({ earshot }) => earshot)).map(([part, ms]) => [
    part,
    (alone.get(part) ?? 0).toFixed(2),
    ms.toFixed(2),
  ]);
  return table(['', 'Prosody alone', 'through Earshot'], rows);
}

function percent(part: number): string {
  return `${(part * 100).toFixed(0)} %`;
}
