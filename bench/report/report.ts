import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { BUSY_CHAPTER } from '../busy/chapter.ts';
import { OVERLOAD_CHAPTER } from '../overload/overload.ts';
import type { Pair } from '../parts/measure.ts';
import { PLAN } from '../plan.ts';
import { PRESENCE_CHAPTER } from '../presence/presence.ts';
import { PROSODY_CHAPTER } from '../prosody/prosody.ts';
import { EJABBERD_CHAPTER, SERVERS_CHAPTER } from '../servers/servers.ts';
import { SIP_CHAPTER } from '../versus/chapter.ts';
import { type Chapter, chaptersOf, reportOf, withMeasured } from './chapters.ts';
import { counted } from './figures.ts';
import type { Machine } from './machine.ts';
import { heading, table } from './markdown.ts';
import { bookMethod, method, promiseMethod } from './method.ts';
import { type Row, rowTable } from './rows.ts';
import { cpuTable, disturbance, figureTable, roundTable } from './tables.ts';

const FILE = new URL('../../docs/benchmarks.md', import.meta.url);
const BEGINNING = [
  heading(1, 'Benchmarks'),
  'Written by `npm run bench`; do not edit. What stands in one chapter is from one run on one machine, so trust the comparisons, not the absolute figures.',
].join('\n\n');
/** Every chapter, in order; what a run did not measure stays as it was. */
const TITLES = [
  'Figures',
  'Address books and promises',
  'Rounds',
  'Where the processor time goes',
  'How it was measured',
  'How the address books were measured',
  'How the promises were measured',
  'Machine and versions',
  BUSY_CHAPTER,
  OVERLOAD_CHAPTER,
  EJABBERD_CHAPTER,
  SERVERS_CHAPTER,
  SIP_CHAPTER,
  PRESENCE_CHAPTER,
  PROSODY_CHAPTER,
];

/** What every part has found. */
export type Findings = { pairs: Pair[]; rows: Row[] };

/** The figures, for the terminal. */
export function summary({ pairs, rows }: Findings): string {
  const tables = [pairs.length > 0 ? figureTable(pairs) : '', rows.length > 0 ? rowTable(rows) : ''];
  return tables.filter((one) => one !== '').join('\n\n');
}

/** The chapters of a run of everything but the nightly parts. */
export function chapters(machine: Machine, { pairs, rows }: Findings): Chapter[] {
  const paragraphs: [title: string, paragraphs: string[]][] = [
    ['Figures', [figureTable(pairs), disturbance(pairs)]],
    ['Address books and promises', [rowTable(rows)]],
    [
      'Rounds',
      [
        'Median / p99 of the latencies. The last columns are processor time at the full rate. Where the same work costs every process more than in the rounds beside it, the machine itself was slower for a while, which is no other program’s share.',
        roundTable(pairs),
      ],
    ],
    [
      'Where the processor time goes',
      [
        'Milliseconds of processor time for each event at the full rate, with the shortest rosters; `bench` is the load generator with the friends’ clients.',
        cpuTable(counted(pairs, PLAN.rosters[0])),
      ],
    ],
    ['How it was measured', method()],
    ['How the address books were measured', bookMethod()],
    ['How the promises were measured', promiseMethod()],
    ['Machine and versions', [table(['', ''], machine)]],
  ];
  return paragraphs.map(([title, text]) => ({ title, text: text.join('\n\n') }));
}

/** Writes these chapters of `docs/benchmarks.md`, and keeps the others. */
export async function writeReport(measured: readonly Chapter[]): Promise<void> {
  const kept = existsSync(FILE) ? chaptersOf(await readFile(FILE, 'utf8')) : [];
  await writeFile(FILE, reportOf(BEGINNING, withMeasured(kept, measured, TITLES)));
}
