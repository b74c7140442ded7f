import { Fault } from '../../domain/fault.ts';
import { associated, type Policy, toEnd } from '../../domain/friendship/association.ts';
import { lookupForms } from '../../domain/phone.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import { keysOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { ServiceContext } from '../context.ts';

/** How many numbers are looked up together, so that a long list holds nobody up. Only a longer one can be told by its time. */
export const BATCH = 500;
/** What a worker puts in force when the operator says nothing (`EARSHOT_POLICY`). */
const USUAL_POLICY: Policy = 'mutual';

/** A number in one of its forms, as it is hashed; `at`: which of the numbers asked for it is. */
type Form = { at: number; numberKeys: readonly string[] };

/**
 * For each number (E.164) the JID that a subscriber reaches by it: of those with whom it would be friends if its own book held them. Unknown, hidden,
 * blocked and one-sided are the same in the answer and, in a list of up to 500, in what is asked of Redis for it (decision 80).
 * @throws Fault TOO_MANY_REQUESTS when the caller's budget of distinct numbers cannot pay for all; those that it could pay for are free from then on
 */
export async function lookUp(
  context: ServiceContext,
  caller: Subscriber,
  numbers: readonly string[],
): Promise<(string | undefined)[]> {
  const { stores, numberKeys } = context;
  const forms: Form[] = [];
  await eachInTurns(numbers.entries(), ([at, number]) => {
    for (const form of lookupForms(number)) forms.push({ at, numberKeys: numberKeys.of(form) });
  });
  await pay(context, caller, forms);
  const policy = (await stores.reconciliation.policy()) ?? USUAL_POLICY;
  const jids = new Array<string | undefined>(numbers.length).fill(undefined);
  for (const some of batches(forms)) {
    const asked = some.flatMap(({ at, numberKeys: keys }) => keys.map((key) => ({ at, key })));
    const owners = await ownersOf(
      context,
      asked.map(({ key }) => key),
      forms.length <= BATCH,
    );
    const known = asked.flatMap((one, n) => (owners[n] === undefined ? [] : [{ ...one, id: owners[n] }]));
    const reached = await reachable(context, caller, policy, known);
    for (const [n, { at }] of known.entries()) jids[at] ??= reached[n];
  }
  return jids;
}

/** A number costs once for each form, under the present key: as it does in a book. */
async function pay({ stores, now }: ServiceContext, { id }: Subscriber, forms: readonly Form[]): Promise<void> {
  let retryAfter = 0;
  for (const some of batches(forms)) {
    const numberKeys = some.map((form) => form.numberKeys[0] as string);
    retryAfter = Math.max(retryAfter, (await stores.budget.spend(id, numberKeys, now())).retryAfter ?? 0);
  }
  if (retryAfter === 0) return;
  const minutes = Math.ceil(retryAfter / 60);
  const time = minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
  throw new Fault(
    'TOO_MANY_REQUESTS',
    `You have looked up as many numbers as you may for now; try again in ${time}.`,
    retryAfter,
  );
}

function batches<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, i) => items.slice(i * BATCH, (i + 1) * BATCH));
}

/**
 * Who owns each number. `alike`: a number that nobody has gets a made-up id, so that the same is
 * asked of Redis about it as about a real owner (decision 80).
 */
async function ownersOf(
  { stores }: ServiceContext,
  numberKeys: readonly string[],
  alike: boolean,
): Promise<(string | undefined)[]> {
  if (!alike) return stores.directory.owners(numberKeys);
  const owners = await stores.directory.ownersAlike(numberKeys);
  return owners.map((owner, n) => owner ?? `nobody-${numberKeys[n]}`);
}

/** The JIDs of those whom the caller reaches. `key`: by which each was found. */
async function reachable(
  { stores }: ServiceContext,
  caller: Subscriber,
  policy: Policy,
  others: readonly { id: string; key: string }[],
): Promise<(string | undefined)[]> {
  const own = keysOf(caller);
  const ids = others.map(({ id }) => id);
  const records = await stores.subscribers.records(ids);
  const theirs = records.map((record, n) => (record ? keysOf(record) : [others[n]?.key ?? '']));
  const [[mine, ...privacies], held, declined, declinedBy, blocks, blockedBy] = await Promise.all([
    stores.privacies.of([caller.id, ...ids]),
    stores.addressBooks.holdsEachAlike(ids, own),
    stores.pairs.declined(ids.map((other) => ({ who: caller.id, other }))),
    stores.pairs.declined(ids.map((who) => ({ who, other: caller.id }))),
    stores.privacies.blocks(ids.map((id, n) => ({ who: caller.id, other: { id, numberKeys: theirs[n] ?? [] } }))),
    stores.privacies.blocks(ids.map((who) => ({ who, other: { id: caller.id, numberKeys: own } }))),
  ]);
  return records.map((record, n) => {
    const one = toEnd(caller, mine, true, declined[n], blocks[n]);
    const other = toEnd(record, privacies[n], held[n], declinedBy[n], blockedBy[n]);
    return record && record.id !== caller.id && associated(one, other, policy) ? record.jid : undefined;
  });
}
