import { mkdir, writeFile } from 'node:fs/promises';
import type { Pair } from '../parts/measure.ts';
import { counted, toFigures } from './figures.ts';
import type { Machine } from './machine.ts';
import { heading, table } from './markdown.ts';
import { bookMethod, method, promiseMethod } from './method.ts';
import { type Row, rowTable } from './rows.ts';
import { cpuTable, disturbance, figureTable, roundTable } from './tables.ts';

const FOLDER = new URL('../../docs/', import.meta.url);

/** What every part has found. */
export type Findings = { pairs: Pair[]; rows: Row[] };

/** The figures, for the terminal. */
export function summary({ pairs, rows }: Findings): string {
  const tables = [
    pairs.length > 0 ? figureTable(toFigures(counted(pairs))) : '',
    rows.length > 0 ? rowTable(rows) : '',
  ];
  return tables.filter((one) => one !== '').join('\n\n');
}

/** Writes `docs/benchmarks.md`. */
export async function writeReport(machine: Machine, { pairs, rows }: Findings): Promise<void> {
  const used = counted(pairs);
  const report = [
    heading(1, 'Benchmarks'),
    'Written by `npm run bench`; do not edit. Everything is from one run on one machine, so trust the comparisons, not the absolute figures.',
    heading(2, 'Figures'),
    figureTable(toFigures(used)),
    disturbance(pairs),
    heading(2, 'Address books and promises'),
    rowTable(rows),
    heading(2, 'Rounds'),
    'Prosody alone / through Earshot.',
    roundTable(pairs),
    heading(2, 'Where the processor time goes'),
    'Milliseconds of processor time for each event at the full rate; `bench` is the load generator with the friends’ clients.',
    cpuTable(used),
    heading(2, 'How it was measured'),
    ...method(),
    heading(2, 'How the address books were measured'),
    ...bookMethod(),
    heading(2, 'How the promises were measured'),
    ...promiseMethod(),
    heading(2, 'Machine and versions'),
    table(['', ''], machine),
  ];
  await mkdir(FOLDER, { recursive: true });
  await writeFile(new URL('benchmarks.md', FOLDER), `${report.join('\n\n')}\n`);
}
