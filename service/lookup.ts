import { associated, type End, type Policy } from '../domain/association.ts';
import { lookupForms } from '../domain/phone.ts';
import type { Privacy } from '../domain/privacy.ts';
import { keysOf, type Subscriber } from '../store/subscriber-record.ts';
import type { ServiceContext } from './context.ts';

/** `jids`: for each number asked for, its owner's JID or nothing. `retryAfter`: seconds until numbers can be looked up that were not; undefined when all were. */
export type LookedUp = { jids: (string | undefined)[]; retryAfter: number | undefined };

/** How many numbers are looked up together, so that a long list holds nobody up. */
const BATCH = 500;
/** What a worker puts in force when the operator says nothing (`EARSHOT_POLICY`). */
const USUAL_POLICY: Policy = 'mutual';

/**
 * Whom a subscriber reaches by these numbers (E.164): those with whom it would be friends if its own book held them. Unknown, hidden,
 * blocked and one-sided are the same in the answer, and in what is asked of Redis for it. The caller's budget of distinct numbers
 * pays; what it cannot pay for is not looked up (decision 80).
 */
export async function lookUp(
  context: ServiceContext,
  caller: Subscriber,
  numbers: readonly string[],
): Promise<LookedUp> {
  const policy = (await context.stores.reconciliation.policy()) ?? USUAL_POLICY;
  const jids: LookedUp['jids'] = [];
  let retryAfter: number | undefined;
  for (let from = 0; from < numbers.length; from += BATCH) {
    const part = await lookUpSome(context, caller, policy, numbers.slice(from, from + BATCH));
    jids.push(...part.jids);
    retryAfter = part.retryAfter ?? retryAfter;
  }
  return { jids, retryAfter };
}

async function lookUpSome(
  context: ServiceContext,
  caller: Subscriber,
  policy: Policy,
  numbers: readonly string[],
): Promise<LookedUp> {
  const { stores, numberKeys, now } = context;
  // What is paid for is a number in each of its forms under the present key, as books are charged.
  const forms = numbers.flatMap((number, i) => lookupForms(number).map((form) => ({ i, keys: numberKeys.of(form) })));
  const charged = forms.map(({ keys }) => keys[0] as string);
  const { granted, retryAfter } = await stores.budget.spend(caller.id, charged, now());
  const asked = forms.filter((_, n) => granted[n]).flatMap(({ i, keys }) => keys.map((key) => ({ i, key })));
  const owners = await stores.directory.ownersAlike(asked.map(({ key }) => key));
  // Nobody has no record, no book and no settings, and is looked at like anybody.
  const ids = asked.map(({ key }, n) => owners[n] ?? `nobody-${key}`);
  const reached = await reachable(
    context,
    caller,
    policy,
    ids,
    asked.map(({ key }) => key),
  );
  const jids = new Array<string | undefined>(numbers.length).fill(undefined);
  for (const [n, { i }] of asked.entries()) jids[i] ??= reached[n];
  return { jids, retryAfter };
}

/** The JIDs of those whom the caller reaches. `numberKeys`: by which each was found. */
async function reachable(
  { stores }: ServiceContext,
  caller: Subscriber,
  policy: Policy,
  ids: readonly string[],
  numberKeys: readonly string[],
): Promise<(string | undefined)[]> {
  const own = keysOf(caller);
  const records = await stores.subscribers.records(ids);
  const theirs = records.map((record, n) => (record ? keysOf(record) : [numberKeys[n] as string]));
  const [[mine, ...privacies], held, declined, declinedBy, blocks, blockedBy] = await Promise.all([
    stores.privacies.of([caller.id, ...ids]),
    stores.addressBooks.holdsEach(ids, own),
    stores.pairs.declined(ids.map((other) => ({ who: caller.id, other }))),
    stores.pairs.declined(ids.map((who) => ({ who, other: caller.id }))),
    stores.privacies.blocks(ids.map((id, n) => ({ who: caller.id, other: { id, numberKeys: theirs[n] ?? [] } }))),
    stores.privacies.blocks(ids.map((who) => ({ who, other: { id: caller.id, numberKeys: own } }))),
  ]);
  return records.map((record, n) => {
    const one = endOf(caller, mine, true, declined[n], blocks[n]);
    const other = endOf(record, privacies[n], held[n], declinedBy[n], blockedBy[n]);
    return record && record.id !== caller.id && associated(one, other, policy) ? record.jid : undefined;
  });
}

function endOf(
  subscriber: Subscriber | undefined,
  privacy: Privacy | undefined,
  holdsOther: boolean | undefined,
  declinedOther: boolean | undefined,
  blocksOther: boolean | undefined,
): End {
  return {
    present: subscriber?.state === 'active',
    discoverable: privacy?.discoverable === true,
    holdsOther: holdsOther === true,
    declinedOther: declinedOther === true,
    blocksOther: blocksOther === true,
  };
}
