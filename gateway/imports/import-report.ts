import { reachOf } from '../../domain/access/grant.ts';
import { parseBareJid } from '../../domain/account/jid.ts';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import type { ImportedSubscriber, ImportRow } from '../../domain/import/import-rows.ts';
import { parseE164 } from '../../domain/phone.ts';
import { createSubscriber } from '../../service/subscriber/new-subscriber.ts';
import { renumbered, requireReach, requireWhole } from '../../service/subscriber/reach.ts';
import {
  changeIdentity,
  type PhoneNumbers,
  rename,
  requireStillWith,
  subscriberWith,
  toDisplayName,
  toE164s,
} from '../../service/subscriber/subscriber-fields.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { requireLinking } from '../access/auth.ts';
import type { Carrier } from '../access/caller.ts';
import type { Context } from '../context.ts';
import type { ImportMemory } from './import-memory.ts';

/** What became of one row. `password`: of the account that was made, told this once. */
export type RowReport = {
  row: number;
  outcome: Outcome;
  subscriberId?: string;
  password?: string;
  code?: FaultCode;
  detail?: string;
};
export type Outcome = 'created' | 'updated' | 'unchanged' | 'refused';
/** The last line: how it ended. `stopped` is the row at which something was away; everything before it is done. */
export type ImportEnd =
  | { done: true; counts: Record<Outcome, number> }
  | { stopped: { row: number; code: FaultCode; detail: string } };

/** Who imports, and how. */
type ImportJob = { carrier: Carrier; memory: ImportMemory | undefined; dryRun: boolean };

/** How many rows are worked on side by side, but rows of one number one after the other; their reports stay in order. */
const WIDTH = 8;

/**
 * Works through the rows of a provisioning file and reports each. A row that is there already as it says is `unchanged`, so the same
 * file again does nothing.
 */
export async function* importReport(
  context: Context,
  job: ImportJob,
  rows: AsyncIterable<ImportRow>,
  audit: (report: RowReport, subject: string | undefined) => Promise<void>,
): AsyncGenerator<RowReport | ImportEnd> {
  const counts = { created: 0, updated: 0, unchanged: 0, refused: 0 };
  const underWay: { row: number; phoneNumber: string; report: Promise<RowReport> }[] = [];
  async function first(): Promise<RowReport> {
    const report = await (underWay.shift()?.report as Promise<RowReport>);
    counts[report.outcome] += 1;
    return report;
  }
  let row = 0;
  try {
    for await (const next of rows) {
      if (underWay.length === WIDTH) {
        row = underWay[0]?.row ?? row;
        yield await first();
      }
      const phoneNumber = 'subscriber' in next ? (parseE164(next.subscriber.phoneNumber) ?? '') : '';
      const before = underWay.findLast((other) => other.phoneNumber === phoneNumber)?.report;
      const report = Promise.resolve(before).then(async () => {
        const { subject, ...done } = await workOn(context, job, next);
        if (!job.dryRun) await audit(done, subject);
        return done;
      });
      report.catch(() => {}); // Its turn comes above or below.
      underWay.push({ row: next.row, phoneNumber, report });
    }
    while (underWay.length > 0) {
      row = underWay[0]?.row ?? row;
      yield await first();
    }
    yield { done: true, counts };
  } catch (err) {
    yield { stopped: { row, ...stopOf(err) } };
  } finally {
    await Promise.allSettled(underWay.map(({ report }) => report));
  }
}

function stopOf(err: unknown): { code: FaultCode; detail: string } {
  return err instanceof Fault
    ? { code: err.code, detail: err.message }
    : { code: 'UNAVAILABLE', detail: 'Something that is needed does not answer; go on from this row in a moment.' };
}

/** `subject`: the id of the subscriber whom the row turned out to be about. */
type Worked = RowReport & { subject?: string };

async function workOn(context: Context, job: ImportJob, row: ImportRow): Promise<Worked> {
  if ('reason' in row) return { row: row.row, outcome: 'refused', code: 'INVALID_ARGUMENT', detail: row.reason };
  try {
    return { row: row.row, ...(await importOne(context, job, row.subscriber)) };
  } catch (err) {
    // What passes by itself is no verdict on the row.
    if (!(err instanceof Fault) || err.code === 'UNAVAILABLE' || err.code === 'CONFLICT') throw err;
    return { row: row.row, outcome: 'refused', code: err.code, detail: err.message };
  }
}

async function importOne(
  context: Context,
  { carrier, memory, dryRun }: ImportJob,
  wanted: ImportedSubscriber,
): Promise<Omit<Worked, 'row'>> {
  const phoneNumbers = toE164s(wanted.phoneNumber, wanted.otherPhoneNumbers);
  for (const number of phoneNumbers) requireReach(carrier, number);
  const displayName =
    wanted.displayName === undefined || wanted.displayName === '' ? undefined : toDisplayName(wanted.displayName);
  const jid = wanted.jid === '' ? undefined : wanted.jid;
  if (jid !== undefined) requireLinking(carrier);
  const known = await subscriberWith(context, phoneNumbers[0]);
  if (!known) {
    if (dryRun) return { outcome: 'created' };
    const { subscriber, password } = await createSubscriber(context, phoneNumbers, displayName ?? '', jid);
    const { id } = subscriber;
    if (password !== undefined) await memory?.keep(wanted, { subscriberId: id, password });
    return { outcome: 'created', subscriberId: id, subject: id, ...(password === undefined ? {} : { password }) };
  }
  const made = await memory?.recall(wanted);
  if (made?.subscriberId === known.id) return { outcome: 'created', subject: known.id, ...made };
  return update(context, carrier, known, { phoneNumbers, others: wanted.otherPhoneNumbers, displayName, jid }, dryRun);
}

type Wanted = {
  phoneNumbers: PhoneNumbers;
  others: readonly string[] | undefined;
  displayName: string | undefined;
  jid: string | undefined;
};

/** A subscriber with a number outside the carrier's ranges keeps it, and its name and JID are nobody's to set or to guess. */
async function update(
  context: Context,
  carrier: Carrier,
  known: Subscriber,
  { phoneNumbers: [primary], others, displayName, jid }: Wanted,
  dryRun: boolean,
): Promise<Omit<Worked, 'row'>> {
  if (displayName !== undefined || jid !== undefined) requireWhole(carrier, known);
  if (jid !== undefined && parseBareJid(jid) !== known.jid)
    throw new Fault(
      'ALREADY_EXISTS',
      'The number belongs to a subscriber with another JID; PATCH that subscriber, or remove it first.',
    );
  const wish = (subscriber: Subscriber) =>
    others === undefined ? phoneNumbersOf(subscriber) : renumbered(carrier, subscriber, { primary, others });
  const renamed = displayName !== undefined && displayName !== known.displayName;
  const moved = wish(known).join() !== phoneNumbersOf(known).join();
  if (moved && !dryRun)
    await changeIdentity(context, known.id, (present) => {
      requireStillWith(present, primary);
      return { phoneNumbers: wish(present), jid: present.jid };
    });
  if (renamed && !dryRun) await rename(context, known, displayName);
  const outcome = renamed || moved ? 'updated' : 'unchanged';
  const whole = reachOf(carrier, phoneNumbersOf(known)) === 'whole';
  return { outcome, subject: known.id, ...(whole && { subscriberId: known.id }) };
}
