import { reachOf } from '../../domain/access/grant.ts';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { newAccountPassword } from '../../service/account/account-password.ts';
import { createSubscriber, newJid } from '../../service/subscriber/new-subscriber.ts';
import { type Customer, type Ordering, orderSubscriber } from '../../service/subscriber/orders.ts';
import { renumbered, requireWhole } from '../../service/subscriber/reach.ts';
import {
  changeIdentity,
  isActiveOrOrdered,
  type PhoneNumbers,
  rename,
  requireStillWith,
  subscriberWith,
} from '../../service/subscriber/subscriber-fields.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Carrier } from '../access/caller.ts';
import type { Context } from '../context.ts';
import type { InTurn } from './giving-way.ts';
import type { Draft } from './import-draft.ts';
import type { ImportMemory } from './import-memory.ts';
import type { ImportPaces } from './import-pace.ts';
import type { ImportProgress, Outcome } from './import-progress.ts';

/** Who imports, and how. `inTurn`: does a batch when it is its turn among what others do. `gone`: nobody takes the answer any more, and no further row is begun. */
export type ImportJob = {
  carrier: Carrier;
  memory: ImportMemory | undefined;
  dryRun: boolean;
  paces: ImportPaces;
  /** Undefined in a dry run. */
  progress: ImportProgress | undefined;
  inTurn: InTurn;
  gone: AbortSignal;
};

/**
 * What became of a row. `password`: of the account that is made for it, told this once. `account`: it is not made yet, and the subscriber
 * nobody to others until then. `subject`: the id of the subscriber whom the
 * row turned out to be about. `again`: it was counted already, by the request that did it.
 */
export type RowResult = {
  outcome: Outcome;
  subscriberId?: string;
  password?: string;
  account?: 'waiting';
  code?: FaultCode;
  detail?: string;
  subject?: string;
  again?: true;
};

/** Does what one row asks for, whatever that takes. @throws what passes by itself, and Faults about the row */
export async function importRow(context: Context, job: ImportJob, draft: Draft): Promise<RowResult> {
  const { carrier, memory } = job;
  const { imported, phoneNumbers } = draft;
  const known = await subscriberWith(context, phoneNumbers[0], isActiveOrOrdered);
  if (!known) return add(context, job, draft);
  const made = mayRemember(draft) ? await memory?.recall(imported, known.id) : undefined;
  if (made) return { ...created(known, made.password), again: true };
  const change = changeBy(carrier, known, draft);
  const [primary] = phoneNumbers;
  if (change.numbers)
    await changeIdentity(context, known.id, (present) => {
      requireStillWith(present, primary);
      return { phoneNumbers: numbersBy(carrier, present, draft), jid: present.jid };
    });
  if (change.name !== undefined) await rename(context, known, change.name);
  return present(carrier, known, change);
}

async function add(context: Context, job: ImportJob, draft: Draft): Promise<RowResult> {
  const { phoneNumbers, displayName = '', jid } = draft;
  try {
    if (jid !== undefined) return created((await createSubscriber(context, phoneNumbers, displayName, jid)).subscriber);
    const customer = customerOf(context, job, draft);
    return ordered(await orderSubscriber(context, customer, orderingOf(job)), customer.password);
  } catch (err) {
    // Somebody else has added it meanwhile: the same file that was sent twice, say.
    const isThere = err instanceof Fault && err.code === 'ALREADY_EXISTS';
    if (!isThere || !(await subscriberWith(context, phoneNumbers[0], isActiveOrOrdered))) throw err;
    return importRow(context, job, draft);
  }
}

/** Who is to get an account, with a password that is told once, or for a day under an Idempotency-Key. */
export function customerOf(
  { config }: Context,
  { carrier, memory }: ImportJob,
  { imported, phoneNumbers, displayName = '' }: Draft,
): Customer {
  const password = newAccountPassword();
  const keep = async (subscriberId: string) => memory?.keep(imported, { subscriberId, password });
  return { phoneNumbers, displayName, jid: newJid(config, phoneNumbers[0], carrier), password, keep };
}

/** For which import accounts are ordered, and how fast. */
export function orderingOf({ progress, paces }: ImportJob): Ordering {
  return { importId: progress?.importId ?? '', pace: paces.order };
}

/** What the report says of a row that has made a subscriber; `password`: of the account that was made with it. */
export function created({ id, ordered }: Subscriber, password?: string): RowResult {
  return {
    ...{ outcome: 'created', subscriberId: id, subject: id },
    ...(password === undefined ? {} : { password }),
    ...(ordered ? { account: 'waiting' } : {}),
  };
}

/** As `created`, of a row for whose subscriber an account is ordered. */
export function ordered(subscriber: Subscriber, password: string): RowResult {
  return created({ ...subscriber, ordered: true }, password);
}

/** Only the password of an account that a row has made is remembered. */
export function mayRemember({ jid }: Draft): boolean {
  return jid === undefined;
}

/** What a row changes about a subscriber who is there. */
export type Change = { numbers: PhoneNumbers | undefined; name: string | undefined };

/**
 * A subscriber with a number outside the carrier's ranges keeps it, and its name and JID are nobody's to set or to guess. One whose account is
 * not made yet keeps its numbers until then. @throws Fault PERMISSION_DENIED, ALREADY_EXISTS, INVALID_ARGUMENT, FAILED_PRECONDITION
 */
export function changeBy(carrier: Carrier, known: Subscriber, draft: Draft): Change {
  const { displayName, jid } = draft;
  if (displayName !== undefined || jid !== undefined) requireWhole(carrier, known);
  if (jid !== undefined && jid !== known.jid)
    throw new Fault(
      'ALREADY_EXISTS',
      'The number belongs to a subscriber with another JID; PATCH that subscriber, or remove it first.',
    );
  const numbers = numbersBy(carrier, known, draft);
  const renumbers = numbers.join() !== phoneNumbersOf(known).join();
  if (renumbers && known.ordered)
    throw new Fault(
      'FAILED_PRECONDITION',
      'The XMPP account of this subscriber is still being made; send the row again when it is.',
    );
  return {
    numbers: renumbers ? numbers : undefined,
    name: displayName === known.displayName ? undefined : displayName,
  };
}

function numbersBy(carrier: Carrier, known: Subscriber, { phoneNumbers, others }: Draft): PhoneNumbers {
  return others === undefined
    ? phoneNumbersOf(known)
    : renumbered(carrier, known, { primary: phoneNumbers[0], others });
}

/** Of a row whose subscriber was there. */
export function present(carrier: Carrier, known: Subscriber, { numbers, name }: Change): RowResult {
  const outcome = numbers || name !== undefined ? 'updated' : 'unchanged';
  const whole = reachOf(carrier, phoneNumbersOf(known)) === 'whole';
  return {
    ...{ outcome, subject: known.id },
    ...(whole && { subscriberId: known.id }),
    ...(known.ordered && { account: 'waiting' }),
  };
}

/** What passes by itself is no verdict on the row. */
export function isVerdict(err: unknown): err is Fault {
  return err instanceof Fault && err.code !== 'UNAVAILABLE' && err.code !== 'CONFLICT';
}

/** What the report says of a row about which `err` was thrown. @throws what is no verdict on a row */
export function refusal(err: unknown): RowResult {
  if (!isVerdict(err)) throw err;
  return { outcome: 'refused', code: err.code, detail: err.message };
}
