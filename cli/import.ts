import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ImportRow } from '../domain/import/import-rows.ts';
import { openCheckpoint } from './checkpoint.ts';
import type { Counts } from './counts.ts';
import { readRows } from './import-file.ts';
import type { Progress } from './progress.ts';
import { call, expectJson, type Server } from './server.ts';
import { UsageError } from './usage-error.ts';

export type ImportOptions = { file: string; dryRun: boolean; report: string };

type Report = { row: number; outcome: keyof Counts };
type End = { done: true } | { stopped: { row: number; detail: string } };

/** Rows of one request: what a crash can make us do again. */
const BATCH = 200;
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

  async function flush(): Promise<void> {
    if (batch.length === 0) return;
    const reports = await sendBatch(server, batch, checkpoint?.key);
    for (const one of reports) counts[one.outcome] += 1;
    await appendFile(report, reports.map((one) => `${JSON.stringify(one)}\n`).join(''), { mode: 0o600 });
    await checkpoint?.reach(batch.at(-1)?.row ?? 0);
    progress.rows(batch.length, counts);
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

/** The reports of all rows, in order; those that cannot be read are not sent. */
async function sendBatch(server: Server, batch: readonly ImportRow[], key: string | undefined): Promise<Report[]> {
  const reports = new Map<number, Report>();
  let open = batch.filter((row) => 'subscriber' in row);
  for (const row of batch)
    if ('reason' in row)
      reports.set(row.row, { row: row.row, outcome: 'refused', ...{ code: 'INVALID_ARGUMENT', detail: row.reason } });
  for (let failures = 0; open.length > 0; ) {
    const { done, why } = await send(server, open, key);
    for (const one of done) reports.set(one.row, one);
    open = open.slice(done.length);
    failures = done.length > 0 ? 0 : failures + 1;
    if (open.length === 0) break;
    if (failures > PATIENCE)
      throw new UsageError(`${why}\nGave up; the same command goes on from row ${open[0]?.row}.`);
    await sleep(Math.min(500 * 2 ** failures, LONGEST_WAIT));
  }
  return batch.flatMap(({ row }) => reports.get(row) ?? []);
}

/** One request, of a dry run without a key; the reports carry the file's own row numbers. */
async function send(
  server: Server,
  rows: readonly ImportRow[],
  key: string | undefined,
): Promise<{ done: Report[]; why: string }> {
  const text = rows.map((row) => `${JSON.stringify('subscriber' in row ? row.subscriber : {})}\n`).join('');
  const answer = await call(server, 'POST', `/v1/imports?dryRun=${key === undefined}`, {
    type: 'application/x-ndjson',
    text,
    ...(key !== undefined && { key }),
  }).catch((err: Error) => err);
  if (answer instanceof Error) return { done: [], why: answer.message };
  if (answer.status === 503) return { done: [], why: 'The gateway is not ready.' };
  if (answer.status === 429) return { done: [], why: 'The credential’s limit is reached.' };
  if (answer.status !== 200) expectJson(answer, 200);
  const lines = answer.text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Report | End);
  const done = lines.flatMap((line) =>
    'outcome' in line ? [{ ...line, row: rows[line.row - 1]?.row ?? line.row }] : [],
  );
  const stopped = lines.find((line) => 'stopped' in line);
  return { done, why: stopped && 'stopped' in stopped ? stopped.stopped.detail : 'The answer ended early.' };
}
