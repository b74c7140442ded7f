import { Fault } from '../../domain/fault.ts';
import type { OrderFailure } from '../../store/account/orders.ts';
import { GRACE } from '../../store/due/due.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { ServiceContext } from '../context.ts';
import { untilClaimed } from './claiming.ts';
import { beginConcealed } from './new-subscriber.ts';
import { isSoughtByOtherKeys, type Newcomer, type Pace, toPending } from './newcomers.ts';

/** Somebody whose account is to be made, with this password. `keep`: called with the id before it is ordered, and so before anybody is told. */
export type Customer = Newcomer & { password: string; keep: (subscriberId: string) => Promise<void> };

/** Whose orders belong together, and when they are due. */
export type Ordering = { importId: string; pace: Pace };

/** `sought`: those who hold its numbers have to be looked for. */
type Claimed = { subscriber: Subscriber; customer: Customer; sought: boolean };

/**
 * Adds many subscribers, whose numbers and JIDs are all different, and orders their accounts: each becomes active with its account, and
 * is pending until then. Undefined for whom something was in the way: `orderSubscriber` waits for it, or says what it is.
 */
export async function orderSubscribers(
  context: ServiceContext,
  customers: readonly Customer[],
  ordering: Ordering,
): Promise<(Subscriber | undefined)[]> {
  if (customers.length === 0) return [];
  const { stores, now } = context;
  const subscribers = toPending(context, customers);
  const joined = await stores.subscribers.createMany(subscribers, now());
  const otherKeys = await isSoughtByOtherKeys(context);
  const claimed = subscribers.flatMap((subscriber, i): Claimed[] => {
    const customer = customers[i];
    if (joined[i] === 'refused' || !customer) return [];
    return [{ subscriber, customer, sought: otherKeys || joined[i] === 'held' }];
  });
  const standing = await place(context, claimed, ordering);
  return subscribers.map((subscriber) => (standing.has(subscriber.id) ? subscriber : undefined));
}

/** As `orderSubscribers`, for one. @throws Fault ALREADY_EXISTS, CONFLICT, UNAVAILABLE */
export async function orderSubscriber(
  context: ServiceContext,
  customer: Customer,
  ordering: Ordering,
): Promise<Subscriber> {
  const { stores, now } = context;
  const subscriber = toPending(context, [customer])[0] as Subscriber;
  await untilClaimed(context, subscriber, () => stores.subscribers.create(subscriber, now()));
  if ((await place(context, [{ subscriber, customer, sought: true }], ordering)).size === 0)
    throw new Fault('UNAVAILABLE', 'The subscriber could not be added in time; try again.');
  return subscriber;
}

/** The ids of those whose orders stand. */
async function place(
  context: ServiceContext,
  claimed: readonly Claimed[],
  { importId, pace }: Ordering,
): Promise<Set<string>> {
  const { stores, queues, config, now } = context;
  await Promise.all(
    claimed.map(async ({ subscriber: { id }, customer }) => {
      if (config.consent === 'subscriber') await stores.privacies.conceal(id);
      await customer.keep(id);
    }),
  );
  const dueAt = pace(claimed.length);
  const orders = claimed.map(({ subscriber: { id }, customer: { password }, sought }, i) => ({
    ...{ id, password, sought, dueAt: dueAt(i) ?? now() + GRACE },
  }));
  const placed = await stores.orders.place(importId, orders);
  const standing = orders.filter((_, i) => placed[i]).map(({ id }) => id);
  const atOnce = orders.filter((_, i) => placed[i] && dueAt(i) === undefined).map(({ id }) => id);
  await wake(queues, 'accountOrdered', atOnce);
  return new Set(standing);
}

/** The account is made: its subscriber is active, and what follows is done. */
export async function completeOrder(context: ServiceContext, { id }: Subscriber): Promise<void> {
  const { stores, queues, now } = context;
  const outcome = await stores.orders.complete(id, now());
  if (outcome === 'none') return;
  await wake(queues, 'activated', [id]);
  if (outcome === 'announced') await wake(queues, 'announced', [id]);
  await beginConcealed(context, [id]);
}

/** There will be no account, and so no subscriber; the number is free again. */
export async function failOrder({ stores, now }: ServiceContext, one: Subscriber, code: OrderFailure): Promise<void> {
  await stores.orders.fail(one.id, code, now());
  await stores.subscribers.giveUp(one, now());
}
