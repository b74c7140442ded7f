import { randomBytes, randomUUID } from 'node:crypto';
import { type AccountNames, NAME_BYTES, speakableName } from '../../domain/account/account-name.ts';
import { hostForNew } from '../../domain/account/homes.ts';
import { domainOf } from '../../domain/account/jid.ts';
import { Fault } from '../../domain/fault.ts';
import { wake } from '../../store/due/makes-due.ts';
import { hashNumbers, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { newAccountPassword } from '../account/account-password.ts';
import { askForAccount, requireComponent } from '../account/account-request.ts';
import type { ServiceContext } from '../context.ts';
import { untilClaimed } from './claiming.ts';
import { type PhoneNumbers, toJid } from './subscriber-fields.ts';

/** Of an account that is to be made: what it is called, at which home, if one is wanted, and its password, if not one that is made here. */
export type Making = { names?: AccountNames; home?: string | undefined; password?: string };

/**
 * Adds a subscriber; without a JID an account is made for it on the XMPP server, and its password is returned.
 * @throws Fault ALREADY_EXISTS, INVALID_ARGUMENT (the JID), CONFLICT, UNAVAILABLE (no account could be made)
 */
export async function createSubscriber(
  context: ServiceContext,
  phoneNumbers: PhoneNumbers,
  displayName: string,
  jidText: string | undefined,
  making: Making = {},
): Promise<{ subscriber: Subscriber; password?: string }> {
  const { stores, queues, numberKeys, config, now } = context;
  const jid = jidText === undefined ? newJid(config, phoneNumbers[0], making) : toJid(jidText, config.homes);
  if (jidText === undefined) await requireComponent(context, domainOf(jid));
  const subscriber: Subscriber = {
    id: randomUUID(),
    ...hashNumbers(phoneNumbers, numberKeys),
    jid,
    displayName,
    state: 'pending',
  };
  await untilClaimed(context, subscriber, () => stores.subscribers.create(subscriber, now()));
  if (config.consent === 'subscriber') await stores.privacies.conceal(subscriber.id);
  const password = jidText === undefined ? await makeAccount(context, subscriber, making.password) : undefined;
  const active = await stores.subscribers.activate(subscriber, now());
  // Not before: a pending subscriber for whom nobody waits is given up.
  if (password !== undefined) await stores.accounts.forget(subscriber.id);
  if (!active) throw new Fault('UNAVAILABLE', 'The subscriber could not be added in time; try again.');
  await Promise.all([wake(queues, 'activated', [subscriber.id]), wake(queues, 'announced', [subscriber.id])]);
  await beginConcealed(context, [subscriber.id]);
  return password === undefined ? { subscriber } : { subscriber, password };
}

/** Of an account that is to be made, at the wanted home, or that of new ones with that number. */
export function newJid(
  { homes, accountNames }: ServiceContext['config'],
  phoneNumber: string,
  { names = accountNames, home }: Omit<Making, 'password'> = {},
): string {
  const name = names === 'number' ? phoneNumber : speakableName(randomBytes(NAME_BYTES));
  return `${name}@${hostForNew(homes, phoneNumber, home)}`;
}

/** Nor does the server show what the own client of somebody plays who has not said yet who may see it. */
export async function beginConcealed(
  { stores, queues, config, now }: ServiceContext,
  ids: readonly string[],
): Promise<void> {
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
  await stores.accounts.forget(subscriber.id);
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
