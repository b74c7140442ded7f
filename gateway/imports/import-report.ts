import { Fault, type FaultCode } from '../../domain/fault.ts';
import type { ImportRow } from '../../domain/import/import-rows.ts';
import { rememberKeys } from '../../runtime/secret/number-key.ts';
import type { Context } from '../context.ts';
import { type DoneRow, type ReadRow, readRows, workOnRows } from './import-batch.ts';
import { namesIn } from './import-draft.ts';
import type { Outcome } from './import-progress.ts';
import type { ImportJob, RowResult } from './import-row.ts';
import { inOrder } from './in-order.ts';

/** What became of one row, as it is told. */
export type RowReport = { row: number } & Omit<RowResult, 'subject' | 'again'>;

/** The last line: how it ended. `stopped` is the row at which something was away; everything before it is done. */
export type ImportEnd = { importId?: string } & (
  | { done: true; counts: Record<Outcome, number> }
  | { stopped: { row: number; code: FaultCode; detail: string } }
);

/** How many batches are worked on side by side. */
const UNDER_WAY = 3;

/**
 * Works through the rows of a provisioning file, in the batches in which they come, and reports each, in order, those of a batch
 * together. A row that is there already as it says is `unchanged`, so the same file again does nothing. `audit`: writes down what rows
 * did before they are told.
 */
export async function* importReport(
  context: Context,
  job: ImportJob,
  batches: AsyncIterable<readonly ImportRow[]>,
  audit: (results: readonly RowResult[]) => Promise<void>,
): AsyncGenerator<(RowReport | ImportEnd)[]> {
  const counts = { created: 0, updated: 0, unchanged: 0, refused: 0 };
  const named = job.progress ? { importId: job.progress.importId } : {};
  let last = 0;
  try {
    for await (const rows of inOrder(batches, UNDER_WAY, createWork(context, job, audit))) {
      const failure = rows.find((one) => 'failed' in one);
      const told = rows.slice(0, failure && rows.indexOf(failure)).flatMap(toReport);
      for (const { row, outcome } of told) {
        counts[outcome] += 1;
        last = row;
      }
      yield told;
      if (!failure) continue;
      last = failure.row;
      throw failure.failed;
    }
    await job.progress?.end();
    yield [{ done: true, counts, ...named }];
  } catch (err) {
    await job.progress?.end().catch(() => {}); // It counts as one under way for a minute, then.
    yield [{ stopped: { row: last, ...stopOf(err) }, ...named }];
  }
}

function toReport(one: DoneRow): RowReport[] {
  if ('failed' in one) return [];
  const { subject, again, ...told } = one.result;
  return [{ row: one.row, ...told }];
}

/**
 * Works on one batch after the other where both name the same number or JID, or one may take numbers from a subscriber. Of a batch at
 * which something was away the first row failed.
 */
function createWork(context: Context, job: ImportJob, audit: (results: readonly RowResult[]) => Promise<void>) {
  const underWay = new Set<{ names: ReadonlySet<string>; renumbers: boolean; done: Promise<unknown> }>();
  let reading: Promise<readonly ReadRow[]> = Promise.resolve([]);

  async function workOn(rows: readonly ImportRow[]): Promise<DoneRow[]> {
    // One after the other, so that the first to come is the first to be under way.
    job.progress?.receive(rows.length);
    reading = reading.then(() => readRows(job, rows));
    const read = await reading;
    const drafts = read.flatMap((one) => ('draft' in one ? [one.draft] : []));
    const names = new Set(drafts.flatMap(namesIn));
    const renumbers = drafts.some(({ others }) => others !== undefined);
    const before = [...underWay].filter(
      (other) => renumbers || other.renumbers || [...names].some((name) => other.names.has(name)),
    );
    const own = { ...context, numberKeys: rememberKeys(context.numberKeys) };
    const done = Promise.allSettled(before.map((other) => other.done)).then(() =>
      job.inTurn(() => workOnRows(own, job, read)),
    );
    const entry = { names, renumbers, done };
    underWay.add(entry);
    const results = await done.finally(() => underWay.delete(entry));
    const told = results.flatMap((one) => ('result' in one ? [one.result] : []));
    if (!job.dryRun) await Promise.all([audit(told), job.progress?.note(told)]);
    return results;
  }
  return (rows: readonly ImportRow[]) =>
    workOn(rows).catch((failed: unknown): DoneRow[] => [{ row: rows[0]?.row ?? 0, failed }]);
}

function stopOf(err: unknown): { code: FaultCode; detail: string } {
  return err instanceof Fault
    ? { code: err.code, detail: err.message }
    : { code: 'UNAVAILABLE', detail: 'Something that is needed does not answer; go on from this row in a moment.' };
}
