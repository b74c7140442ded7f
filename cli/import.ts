import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImportRow } from '../domain/import/import-rows.ts';
import { openCheckpoint } from './checkpoint.ts';
import type { Counts } from './counts.ts';
import { readRows } from './import-file.ts';
import type { Progress } from './progress.ts';
import { expectJson, linesOf, request, type Server } from './server.ts';
import { UsageError } from './usage-error.ts';

/** What `earshot import` is told. `file`, `report`: paths; `dryRun`: only says what would be done. */
export type ImportOptions = { file: string; dryRun: boolean; report: string };

type Report = { row: number; outcome: keyof Counts };
type End = { done: true } | { stopped: { row: number; detail: string } };

/** Rows of one request, of which the gateway works on several hundred at a time. What it tells meanwhile is written down at once. */
const BATCH = 5_000;
/** How often something may be away in a row before we give up, and the longest wait between, in milliseconds. */
const PATIENCE = 10;
const LONGEST_WAIT = 30_000;

/**
 * `earshot import`: sends the file in batches, writes a report line for each row, and remembers how far it came, so that the same command
 * goes on after a crash. What is refused is counted and does not stop it.
 */
export async function importFile(
  server: Server,
  { file, dryRun, report }: ImportOptions,
  progress: Progress,
): Promise<Counts> {
  const counts: Counts = { created: 0, updated: 0, unchanged: 0, refused: 0 };
  const checkpoint = dryRun ? undefined : await openCheckpoint(file);
  let batch: ImportRow[] = [];

  async function note(reports: readonly Report[]): Promise<void> {
    for (const one of reports) counts[one.outcome] += 1;
    await appendFile(report, reports.map((one) => `${JSON.stringify(one)}\n`).join(''), { mode: 0o600 });
    await checkpoint?.reach(reports.at(-1)?.row ?? 0);
    progress.rows(reports.length, counts);
  }

  async function flush(): Promise<void> {
    await sendBatch(server, batch, checkpoint?.key, note);
    batch = [];
  }

  for await (const { row, bytesRead } of readRows(file)) {
    progress.bytes(bytesRead);
    if (checkpoint && row.row <= checkpoint.done) continue;
    batch.push(row);
    if (batch.length === BATCH) await flush();
  }
  await flush();
  await checkpoint?.finish();
  return counts;
}

/** Has all of these rows done, and tells the reports in their order, as they come. Rows that cannot be read are not sent. */
async function sendBatch(
  server: Server,
  batch: readonly ImportRow[],
  key: string | undefined,
  note: (reports: readonly Report[]) => Promise<void>,
): Promise<void> {
  let left = batch;
  async function take(reports: readonly Report[]): Promise<void> {
    const last = reports.at(-1)?.row;
    if (last === undefined) return;
    const done = left.slice(0, left.findIndex(({ row }) => row === last) + 1);
    left = left.slice(done.length);
    const told = new Map(reports.map((one) => [one.row, one]));
    await note(done.flatMap((row) => told.get(row.row) ?? refusalsOf([row])));
  }
  for (let failures = 0; left.some(isReadable); ) {
    const before = left;
    const why = await send(server, left.filter(isReadable), key, take);
    failures = left === before ? failures + 1 : 0;
    const next = left.find(isReadable);
    if (!next) break;
    if (failures > PATIENCE) throw new UsageError(`${why}\nGave up; the same command goes on from row ${next.row}.`);
    await sleep(Math.min(500 * 2 ** failures, LONGEST_WAIT));
  }
  if (left.length > 0) await note(refusalsOf(left));
}

type ReadableRow = Extract<ImportRow, { subscriber: object }>;

function isReadable(row: ImportRow): row is ReadableRow {
  return 'subscriber' in row;
}

/** Of those that cannot be read. */
function refusalsOf(rows: readonly ImportRow[]): Report[] {
  return rows.flatMap((row): Report[] =>
    'reason' in row ? [{ row: row.row, outcome: 'refused', ...{ code: 'INVALID_ARGUMENT', detail: row.reason } }] : [],
  );
}

/** One request, of a dry run without a key. The reports that `take` gets carry the file's own row numbers. Returns why it ended, should rows be left. */
async function send(
  server: Server,
  rows: readonly ReadableRow[],
  key: string | undefined,
  take: (reports: readonly Report[]) => Promise<void>,
): Promise<string> {
  const text = rows.map(({ subscriber }) => `${JSON.stringify(subscriber)}\n`).join('');
  const answer = await request(server, 'POST', `/v1/imports?dryRun=${key === undefined}`, {
    type: 'application/x-ndjson',
    text,
    ...(key !== undefined && { key }),
  }).catch((err: Error) => err);
  if (answer instanceof Error) return answer.message;
  if (answer.status === 503) return 'The gateway is not ready.';
  if (answer.status === 429) return 'The credential’s limit is reached.';
  if (answer.status !== 200) expectJson({ status: answer.status, text: await answer.text() }, 200);
  let why = 'The answer ended early.';
  for await (const lines of linesOf(answer)) {
    const told = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Report | End);
    for (const line of told) if ('stopped' in line) why = line.stopped.detail;
    await take(
      told.flatMap((line) => ('outcome' in line ? [{ ...line, row: rows[line.row - 1]?.row ?? line.row }] : [])),
    );
  }
  return why;
}
