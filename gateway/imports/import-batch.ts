import { Fault } from '../../domain/fault.ts';
import type { ImportRow } from '../../domain/import/import-rows.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import { isActiveOrOrdered, subscribersWith, toJid } from '../../service/subscriber/subscriber-fields.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import { foretell } from './dry-run.ts';
import { type Draft, namesIn, toDraft } from './import-draft.ts';
import { addMany } from './import-newcomers.ts';
import {
  changeBy,
  type ImportJob,
  importRow,
  isVerdict,
  mayRemember,
  present,
  type RowResult,
  refusal,
} from './import-row.ts';

/** A row that is done, or at which something was away. */
export type DoneRow = { row: number; result: RowResult } | { row: number; failed: unknown };

/** A row that is read: what it asks for, or that it is refused. */
export type ReadRow = { row: number; draft: Draft } | { row: number; result: RowResult };
type Item = Extract<ReadRow, { draft: Draft }>;

/** Reads rows without a look at who is there. */
export async function readRows({ carrier }: ImportJob, rows: readonly ImportRow[]): Promise<ReadRow[]> {
  const read: ReadRow[] = [];
  await eachInTurns(rows, (row) => {
    read.push({ row: row.row, ...draftOf(carrier, row) });
  });
  return read;
}

function draftOf(carrier: ImportJob['carrier'], row: ImportRow): { draft: Draft } | { result: RowResult } {
  if ('reason' in row) return { result: { outcome: 'refused', code: 'INVALID_ARGUMENT', detail: row.reason } };
  try {
    return { draft: toDraft(carrier, row.subscriber) };
  } catch (err) {
    return { result: refusal(err) };
  }
}

/**
 * Does what many rows ask for, as if one came after the other, with as few waits for Redis as can be: who is there is read for all of
 * them at once, who is not is added at once, and rows that are there as they say take nothing more. @throws when Redis is away,
 * before or after a part was done
 */
export async function workOnRows(context: Context, job: ImportJob, rows: readonly ReadRow[]): Promise<DoneRow[]> {
  const done = new Map<number, DoneRow>();
  for (const read of rows) if ('result' in read) done.set(read.row, read);
  const items = rows.filter((read): read is Item => 'draft' in read);
  const runs = job.dryRun ? [] : inRuns(items);
  if (job.dryRun) for (const one of await foretellAll(context, job, items)) done.set(one.row, one);
  for (const run of runs) for (const one of await workOnRun(context, job, run)) done.set(one.row, one);
  return rows.flatMap(({ row }) => done.get(row) ?? []);
}

async function foretellAll(context: Context, job: ImportJob, items: readonly Item[]): Promise<DoneRow[]> {
  const results = await foretell(
    context,
    job,
    items.map(({ draft }) => draft),
  );
  return items.flatMap(({ row }, i) => (results[i] ? [{ row, result: results[i] }] : []));
}

/** Rows that follow each other and name nothing twice. */
function inRuns(items: readonly Item[]): Item[][] {
  const runs: Item[][] = [];
  let named = new Set<string>();
  for (const item of items) {
    const names = namesIn(item.draft);
    if (runs.length === 0 || names.some((name) => named.has(name))) {
      runs.push([]);
      named = new Set();
    }
    runs.at(-1)?.push(item);
    for (const name of names) named.add(name);
  }
  return runs;
}

async function workOnRun(context: Context, job: ImportJob, run: readonly Item[]): Promise<DoneRow[]> {
  const done: DoneRow[] = [];
  for (let ahead = run.length; done.length < run.length; ) {
    const next = run.slice(done.length, done.length + ahead);
    const some = await workAsFar(context, job, next);
    done.push(...some);
    ahead = 2 * some.length;
  }
  return done;
}

/**
 * Does the rows up to the first, that one included, after which others have to be looked at anew: it changes the numbers of somebody
 * who is there, or is the second about the same person.
 */
async function workAsFar(context: Context, job: ImportJob, items: readonly Item[]): Promise<DoneRow[]> {
  const known = await subscribersWith(
    context,
    items.map(({ draft }) => draft.phoneNumbers[0]),
    isActiveOrOrdered,
  );
  const judged = items.map((item, i) => ({ item, known: known[i], ...judge(context, job, item.draft, known[i]) }));
  const about = new Set<string>();
  const end = judged.findIndex(({ known, renumbers }) => {
    const second = known !== undefined && about.has(known.id);
    if (known) about.add(known.id);
    return renumbers || second;
  });
  const before = judged.slice(0, end < 0 ? undefined : end);
  const settled = before.flatMap(({ item: { row }, result }) => (result ? [{ row, result }] : []));
  const [newcomers, changed]: [Item[], Item[]] = [[], []];
  for (const { item, known, result } of before) if (!result) (known ? changed : newcomers).push(item);
  const alone = (item: Item) => workAlone(context, job, item);
  const done = await Promise.all([
    addAll(context, job, newcomers),
    // All at once: some may wait until it is certain that the process is gone that had begun with them.
    Promise.all(changed.map(alone)),
  ]);
  const last = judged[end];
  return [...settled, ...done.flat(), ...(last ? [await alone(last.item)] : [])];
}

type Verdict = { result?: RowResult | undefined; renumbers?: boolean };

/** What becomes of a row that changes nothing, or why more has to be done. */
function judge(
  { config }: Context,
  { carrier, memory }: ImportJob,
  draft: Draft,
  known: Subscriber | undefined,
): Verdict {
  try {
    if (!known) {
      // One that cannot be is refused here.
      if (draft.jid !== undefined) toJid(draft.jid, config.homes);
      return {};
    }
    const change = changeBy(carrier, known, draft);
    if (change.numbers) return { renumbers: true };
    const mayBeMore = change.name !== undefined || (memory && mayRemember(draft));
    return mayBeMore ? {} : { result: present(carrier, known, change) };
  } catch (err) {
    return { result: refusal(err) };
  }
}

/** Adds many at once; one at whom something was in the way by itself. */
async function addAll(context: Context, job: ImportJob, items: readonly Item[]): Promise<DoneRow[]> {
  const drafts = items.map(({ draft }) => draft);
  const results = await addMany(context, job, drafts);
  const done = items.flatMap(({ row }, i): DoneRow[] => (results[i] ? [{ row, result: results[i] }] : []));
  const obstructed = items.filter((_, i) => !results[i]);
  return [...done, ...(await Promise.all(obstructed.map((item) => workAlone(context, job, item))))];
}

async function workAlone(context: Context, job: ImportJob, { row, draft }: Item): Promise<DoneRow> {
  try {
    if (job.gone.aborted) throw new Fault('UNAVAILABLE', 'The connection ended; go on from this row.');
    return { row, result: await importRow(context, job, draft) };
  } catch (err) {
    return isVerdict(err) ? { row, result: refusal(err) } : { row, failed: err };
  }
}
