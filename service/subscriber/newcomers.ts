import { randomUUID } from 'node:crypto';
import { GRACE } from '../../store/due/due.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { Activated } from '../../store/subscriber/joining.ts';
import { hashNumbers, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { ServiceContext } from '../context.ts';
import { beginConcealed } from './new-subscriber.ts';
import type { PhoneNumbers } from './subscriber-fields.ts';

/** A subscriber with an account of its own. */
export type Newcomer = { phoneNumbers: PhoneNumbers; displayName: string; jid: string };

/** When what follows for the next `count` has to be done, of the one in that place; undefined: at once. */
export type Pace = (count: number) => (position: number) => number | undefined;

/** `listen`: what the XMPP server is asked about each; `look`: looking for those who hold the numbers, of whom somebody does. */
export type Paces = { listen: Pace; look: Pace };

/**
 * Adds many subscribers at once, whose numbers and JIDs are all different; the JIDs are as `toJid` gives them. Undefined for whom
 * something was in the way: `createSubscriber` waits for it, or says what it is.
 */
export async function createSubscribers(
  context: ServiceContext,
  wanted: readonly Newcomer[],
  paces: Paces,
): Promise<(Subscriber | undefined)[]> {
  const { stores, config, now } = context;
  const subscribers = toPending(context, wanted);
  const created = await stores.subscribers.createMany(subscribers, now());
  const joined = subscribers.filter((_, i) => created[i] !== 'refused');
  const held = new Set(subscribers.filter((_, i) => created[i] === 'held').map(({ id }) => id));
  if (config.consent === 'subscriber') await Promise.all(joined.map(({ id }) => stores.privacies.conceal(id)));
  const active = await activateAll(context, joined, held, paces);
  return subscribers.map((subscriber) => (active.has(subscriber.id) ? subscriber : undefined));
}

/** As they are stored at first. */
export function toPending({ numberKeys }: ServiceContext, wanted: readonly Newcomer[]): Subscriber[] {
  return wanted.map(({ phoneNumbers, displayName, jid }) => ({
    id: randomUUID(),
    ...hashNumbers(phoneNumbers, numberKeys),
    jid,
    displayName,
    state: 'pending',
  }));
}

/**
 * Whether workers know other keys, under which numbers of newcomers have still to be entered. To be asked after they were stored: a worker
 * that begins later goes through everybody who is.
 */
export async function isSoughtByOtherKeys({ stores, numberKeys }: ServiceContext): Promise<boolean> {
  return (await stores.reconciliation.keyIds()) !== numberKeys.ids;
}

/**
 * The ids of those who are active then. Nothing is looked for about somebody whose numbers nobody holds (decision 162), unless workers
 * know other keys, under which these numbers have still to be entered.
 */
async function activateAll(
  context: ServiceContext,
  joined: readonly Subscriber[],
  held: ReadonlySet<string>,
  paces: Paces,
): Promise<Set<string>> {
  const { stores, queues, now } = context;
  if (joined.length === 0) return new Set();
  const otherKeys = await isSoughtByOtherKeys(context);
  const plans = planAll(joined, ({ id }) => otherKeys || held.has(id), paces);
  const soon = now() + GRACE;
  const activations = plans.map(({ id, listenAt: dueAt = soon, look }) => ({
    ...{ id, dueAt, announceAt: look && (look.at ?? soon) },
  }));
  const outcomes = await stores.subscribers.activateMany(activations, now());
  const idsWhere = (wanted: (plan: Plan, outcome: Activated) => boolean) =>
    plans.filter((plan, i) => wanted(plan, outcomes[i] ?? 'none')).map(({ id }) => id);
  const active = idsWhere((_, outcome) => outcome !== 'none');
  await Promise.all([
    wake(
      queues,
      'activated',
      idsWhere(({ listenAt }, outcome) => outcome !== 'none' && listenAt === undefined),
    ),
    wake(
      queues,
      'announced',
      idsWhere(({ look }, outcome) => outcome === 'announced' && look?.at === undefined),
    ),
  ]);
  await beginConcealed(context, active);
  return new Set(active);
}

/** When what follows has to be done; undefined: at once. No `look`: nobody is to be looked for. */
type Plan = { id: string; listenAt: number | undefined; look: { at: number | undefined } | undefined };

function planAll(joined: readonly Subscriber[], isSought: (one: Subscriber) => boolean, paces: Paces): Plan[] {
  const sought = joined.map(isSought);
  const [listenAt, lookAt] = [paces.listen(joined.length), paces.look(sought.filter(Boolean).length)];
  let looks = 0;
  return joined.map(({ id }, i) => ({
    ...{ id, listenAt: listenAt(i), look: sought[i] ? { at: lookAt(looks++) } : undefined },
  }));
}
