import type { Pair } from '../parts/measure.ts';
import type { Chapter } from '../report/chapters.ts';
import type { Machine } from '../report/machine.ts';
import { table } from '../report/markdown.ts';
import { type Row, rowTable } from '../report/rows.ts';
import { figureTable } from '../report/tables.ts';

export const BUSY_CHAPTER = 'The same on a busy machine';
const METHOD =
  'Written by `npm run bench -- busy`: all that stands in the first two chapters, while one process that never rests, with the same priority as everything else, takes what it gets of the machine. Goals are those of a quiet machine.';

/** The figures of a run beside which the machine was kept busy. */
export function busyChapter(machine: Machine, pairs: readonly Pair[], rows: readonly Row[]): Chapter {
  const text = [METHOD, othersUsed(pairs), figureTable(pairs), rowTable(rows), table(['', ''], machine)];
  return { title: BUSY_CHAPTER, text: text.join('\n\n') };
}

/** How busy it was while tunes were measured. */
function othersUsed(pairs: readonly Pair[]): string {
  const shares = pairs.flatMap(({ raw, earshot }) => [raw.others, earshot.others]);
  const [least, most] = [Math.min(...shares), Math.max(...shares)].map((share) => (share * 100).toFixed(0));
  return `While tunes were measured, other programs used ${least} to ${most} % of the machine.`;
}
