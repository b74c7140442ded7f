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
