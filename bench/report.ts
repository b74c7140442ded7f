import { mkdir, writeFile } from 'node:fs/promises';
import { counted, toFigures } from './figures.ts';
import type { Machine } from './machine.ts';
import { heading, table } from './markdown.ts';
import type { Pair } from './measure.ts';
import { method } from './method.ts';
import { cpuTable, disturbance, figureTable, roundTable } from './tables.ts';

const FOLDER = new URL('../docs/', import.meta.url);

/** Writes `docs/benchmarks.md` and returns the figures for the terminal. */
export async function writeReport(machine: Machine, pairs: Pair[]): Promise<string> {
  const used = counted(pairs);
  const figures = figureTable(toFigures(used));
  const report = [
    heading(1, 'Benchmarks'),
    'Written by `npm run bench`; do not edit. Everything is from one run on one machine, so trust the comparisons, not the absolute figures.',
    heading(2, 'Figures'),
    figures,
    disturbance(pairs),
    heading(2, 'Rounds'),
    'Prosody alone / through Earshot.',
    roundTable(pairs),
    heading(2, 'Where the processor time goes'),
    'Milliseconds of processor time for each event at the full rate; `bench` is the load generator with the friends’ clients.',
    cpuTable(used),
    heading(2, 'How it was measured'),
    ...method(),
    heading(2, 'Machine and versions'),
    table(['', ''], machine),
  ];
  await mkdir(FOLDER, { recursive: true });
  await writeFile(new URL('benchmarks.md', FOLDER), `${report.join('\n\n')}\n`);
  return figures;
}
