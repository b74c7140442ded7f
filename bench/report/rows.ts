import { median, p99 } from '../median.ts';
import { table } from './markdown.ts';

/** One measured thing: what it is, what came out, what was to be reached (empty: nothing), and whether it was. */
export type Row = { what: string; measured: string; goal: string; met: boolean | undefined };

export function rowTable(rows: readonly Row[]): string {
  return table(
    ['', 'measured', 'goal', ''],
    rows.map(({ what, measured, goal, met }) => [what, measured, goal, verdict(met)]),
  );
}

export function verdict(met: boolean | undefined): string {
  return met === undefined ? '' : met ? 'met' : '**missed**';
}

/** Of many times, which shall not be longer than `goal`, all in milliseconds. */
export function timeRow(what: string, times: readonly number[], goal: number, say: (line: string) => void): Row {
  const late = p99(times);
  const measured = `median ${median(times).toFixed(0)} ms, p99 ${late.toFixed(0)} ms`;
  say(`${what}: ${measured}, most ${Math.max(...times).toFixed(0)} ms`);
  return { what, measured, goal: `p99 at most ${goal} ms`, met: late <= goal };
}
