import { randomBytes, randomUUID } from 'node:crypto';
import { NAME_BYTES, speakableName } from '../../domain/account/account-name.ts';
import { Fault } from '../../domain/fault.ts';
import { GRACE } from '../../store/base/due.ts';
import { wake } from '../../store/base/makes-due.ts';
import { hashNumbers, keysOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { newAccountPassword } from '../account/account-password.ts';
import { askForAccount, requireComponent } from '../account/account-request.ts';
import type { ServiceContext } from '../context.ts';
import { untilClaimed } from './claiming.ts';
import { type PhoneNumbers, toJid } from './subscriber-fields.ts';

/**
 * Adds a subscriber; without a JID an account is made for it on the XMPP server, named as `names` says, and the password is returned: the
 * wanted one, or one that is made here.
 * @throws Fault ALREADY_EXISTS, INVALID_ARGUMENT (the JID), CONFLICT, UNAVAILABLE (no account could be made)
 */
export async function createSubscriber(
  context: ServiceContext,
  phoneNumbers: PhoneNumbers,
  displayName: string,
  jidText: string | undefined,
  wantedPassword?: string,
  names = context.config.accountNames,
): Promise<{ subscriber: Subscriber; password?: string }> {
  const { stores, queues, numberKeys, config, now } = context;
  const jid =
    jidText === undefined
      ? `${names === 'number' ? phoneNumbers[0] : speakableName(randomBytes(NAME_BYTES))}@${config.homeHost}`
      : toJid(jidText, config.homeHost);
  if (jidText === undefined) await requireComponent(context);
  const subscriber: Subscriber = {
    id: randomUUID(),
    ...hashNumbers(phoneNumbers, numberKeys),
    jid,
    displayName,
    state: 'pending',
  };
  await untilClaimed(context, subscriber, () => stores.subscribers.create(subscriber, now()));
  if (config.consent === 'subscriber') await stores.privacies.conceal(subscriber.id);
  const password = jidText === undefined ? await makeAccount(context, subscriber, wantedPassword) : undefined;
  if (!(await stores.subscribers.activate(subscriber, now())))
    throw new Fault('UNAVAILABLE', 'The subscriber could not be added in time; try again.');
  await Promise.all([wake(queues, 'activated', [subscriber.id]), wake(queues, 'announced', [subscriber.id])]);
  await beginConcealed(context, [subscriber.id]);
  return password === undefined ? { subscriber } : { subscriber, password };
}

/** A subscriber with an account of its own. */
export type Newcomer = { phoneNumbers: PhoneNumbers; displayName: string; jid: string };

/** When what follows for the next `count` has to be done, of the one in that place; undefined: at once. */
export type Pace = (count: number) => ((position: number) => number) | undefined;

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
  const { stores, numberKeys, config, now } = context;
  const subscribers = wanted.map(
    ({ phoneNumbers, displayName, jid }): Subscriber => ({
      id: randomUUID(),
      ...hashNumbers(phoneNumbers, numberKeys),
      jid,
      displayName,
      state: 'pending',
    }),
  );
  const created = await stores.subscribers.createMany(subscribers, now());
  const joined = subscribers.filter((_, i) => created[i]);
  if (config.consent === 'subscriber') await Promise.all(joined.map(({ id }) => stores.privacies.conceal(id)));
  const active = await activateAll(context, joined, paces);
  return subscribers.map((subscriber) => (active.has(subscriber.id) ? subscriber : undefined));
}

/** The ids of those who are active then. Nothing is looked for about somebody whose numbers nobody holds (decision 162). */
async function activateAll(context: ServiceContext, joined: readonly Subscriber[], paces: Paces): Promise<Set<string>> {
  const { stores, queues, now } = context;
  const held = await whoIsHeld(context, joined);
  const soon = now() + GRACE;
  const [dueAt, lookAt] = [paces.listen(joined.length), paces.look(held.filter(Boolean).length)];
  let looks = 0;
  const activations = joined.map(({ id }, i) => {
    const announceAt = held[i] ? (lookAt?.(looks++) ?? soon) : undefined;
    return { id, dueAt: dueAt?.(i) ?? soon, announceAt };
  });
  const outcomes = await stores.subscribers.activateMany(activations, now());
  const ids = joined.map(({ id }) => id);
  const active = ids.filter((_, i) => outcomes[i] !== 'none');
  if (!dueAt) await wake(queues, 'activated', active);
  if (!lookAt)
    await wake(
      queues,
      'announced',
      ids.filter((_, i) => outcomes[i] === 'announced'),
    );
  await beginConcealed(context, active);
  return new Set(active);
}

/**
 * For each whether somebody may hold one of its numbers. To be asked after the numbers were claimed: who comes to hold one from
 * then on finds its owner.
 */
async function whoIsHeld({ stores, numberKeys }: ServiceContext, joined: readonly Subscriber[]): Promise<boolean[]> {
  if (joined.length === 0) return [];
  // Workers know other keys, under which these numbers have still to be entered.
  if ((await stores.reconciliation.keyIds()) !== numberKeys.ids) return joined.map(() => true);
  const held = await stores.holders.any(joined.flatMap(keysOf));
  return joined.map((one) => held.splice(0, keysOf(one).length).includes(true));
}

/** Nor does the server show what the own client of somebody plays who has not said yet who may see it. */
async function beginConcealed({ stores, queues, config, now }: ServiceContext, ids: readonly string[]): Promise<void> {
  if (config.consent !== 'subscriber') return;
  await Promise.all(ids.map((id) => stores.sharing.ask(id, now())));
  await wake(queues, 'audience', ids);
}

async function makeAccount(
  context: ServiceContext,
  subscriber: Subscriber,
  password = newAccountPassword(),
): Promise<string> {
  const { stores, queues, now } = context;
  const state = await askForAccount(context, subscriber.id, password);
  if (state === 'made') return password;
  await stores.subscribers.giveUp(subscriber, now());
  await wake(queues, 'left', [subscriber.id]);
  if (state === 'taken')
    throw new Fault(
      'ALREADY_EXISTS',
      'The XMPP server has an account of that name already; send its jid to tie it to the number.',
    );
  throw new Fault(
    'UNAVAILABLE',
    'The XMPP server made no account; the log of the component says why. Try again, or send the jid of an existing account.',
  );
}
