import { reachOf } from '../../domain/access/grant.ts';
import { Fault, type FaultCode } from '../../domain/fault.ts';
import { createSubscriber } from '../../service/subscriber/new-subscriber.ts';
import type { Paces } from '../../service/subscriber/newcomers.ts';
import { renumbered, requireWhole } from '../../service/subscriber/reach.ts';
import {
  changeIdentity,
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

/** Who imports, and how. `inTurn`: does a batch when it is its turn among what others do. `gone`: nobody takes the answer any more, and no further row is begun. */
export type ImportJob = {
  carrier: Carrier;
  memory: ImportMemory | undefined;
  dryRun: boolean;
  paces: Paces;
  inTurn: InTurn;
  gone: AbortSignal;
};

export type Outcome = 'created' | 'updated' | 'unchanged' | 'refused';

/**
 * What became of a row. `password`: of the account that was made, told this once. `subject`: the id of the subscriber whom the
 * row turned out to be about.
 */
export type RowResult = {
  outcome: Outcome;
  subscriberId?: string;
  password?: string;
  code?: FaultCode;
  detail?: string;
  subject?: string;
};

/** Does what one row asks for, whatever that takes. @throws what passes by itself, and Faults about the row */
export async function importRow(context: Context, job: ImportJob, draft: Draft): Promise<RowResult> {
  const { carrier, memory } = job;
  const { imported, phoneNumbers } = draft;
  const known = await subscriberWith(context, phoneNumbers[0]);
  if (!known) return add(context, job, draft);
  const made = mayRemember(draft) ? await memory?.recall(imported) : undefined;
  if (made?.subscriberId === known.id) return { outcome: 'created', subject: known.id, ...made };
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
  const { imported, phoneNumbers, displayName = '', jid } = draft;
  try {
    const { subscriber, password } = await createSubscriber(context, phoneNumbers, displayName, jid);
    if (password !== undefined) await job.memory?.keep(imported, { subscriberId: subscriber.id, password });
    return created(subscriber, password);
  } catch (err) {
    // Somebody else has added it meanwhile: the same file that was sent twice, say.
    const isThere = err instanceof Fault && err.code === 'ALREADY_EXISTS';
    if (!isThere || !(await subscriberWith(context, phoneNumbers[0]))) throw err;
    return importRow(context, job, draft);
  }
}

/** What the report says of a row that has made a subscriber; `password`: of the account that was made with it. */
export function created({ id }: Subscriber, password?: string): RowResult {
  return { outcome: 'created', subscriberId: id, subject: id, ...(password === undefined ? {} : { password }) };
}

/** Only the password of an account that a row has made is remembered. */
export function mayRemember({ jid }: Draft): boolean {
  return jid === undefined;
}

/** What a row changes about a subscriber who is there. */
export type Change = { numbers: PhoneNumbers | undefined; name: string | undefined };

/**
 * A subscriber with a number outside the carrier's ranges keeps it, and its name and JID are nobody's to set or to guess.
 * @throws Fault PERMISSION_DENIED, ALREADY_EXISTS, INVALID_ARGUMENT
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
  return {
    numbers: numbers.join() === phoneNumbersOf(known).join() ? undefined : numbers,
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
  return { outcome, subject: known.id, ...(whole && { subscriberId: known.id }) };
}
