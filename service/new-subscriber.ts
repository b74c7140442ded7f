import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../domain/fault.ts';
import type { AccountState } from '../store/accounts.ts';
import { hashNumbers, type Subscriber } from '../store/subscriber-record.ts';
import { untilClaimed } from './claiming.ts';
import type { ServiceContext } from './context.ts';
import { type PhoneNumbers, toJid } from './subscriber-fields.ts';

/** Milliseconds that a caller waits for the XMPP server to make an account. */
const ACCOUNT_PATIENCE = 10_000;
const POLL = 25;

/**
 * Adds a subscriber; without a JID its account `+E164@home-host`, of the primary number, is made on the XMPP server, and the password is returned.
 * @throws Fault ALREADY_EXISTS, INVALID_ARGUMENT (the JID), CONFLICT, UNAVAILABLE (no account could be made)
 */
export async function createSubscriber(
  context: ServiceContext,
  phoneNumbers: PhoneNumbers,
  displayName: string,
  jidText: string | undefined,
): Promise<{ subscriber: Subscriber; password?: string }> {
  const { stores, queues, numberKeys, config, now } = context;
  const jid = jidText === undefined ? `${phoneNumbers[0]}@${config.homeHost}` : toJid(jidText, config.homeHost);
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
  const password = jidText === undefined ? await makeAccount(context, subscriber) : undefined;
  if (!(await stores.subscribers.activate(subscriber, now())))
    throw new Fault('UNAVAILABLE', 'The subscriber could not be added in time; try again.');
  await queues.enqueue('reconcile', [subscriber.id]);
  await queues.enqueue('listen', [subscriber.id]);
  if (config.consent === 'subscriber') {
    // Nor does the server show what the subscriber's own client plays.
    await stores.sharing.ask(subscriber.id, now());
    await queues.enqueue('tune', [subscriber.id]);
  }
  return password === undefined ? { subscriber } : { subscriber, password };
}

async function requireComponent({ stores }: ServiceContext): Promise<void> {
  if (!(await stores.statuses.of('component'))?.ready)
    throw new Fault(
      'UNAVAILABLE',
      'Accounts cannot be made now: /readyz says what is missing. Try again, or send the jid of an existing account.',
    );
}

async function makeAccount(context: ServiceContext, subscriber: Subscriber): Promise<string> {
  const { stores, queues } = context;
  const password = randomBytes(18).toString('base64url');
  await stores.accounts.want(subscriber.id, password);
  await queues.enqueue('account', [subscriber.id]);
  const state = await accountState(context, subscriber.id);
  await stores.accounts.forget(subscriber.id);
  if (state === 'made') return password;
  await stores.subscribers.abandon(subscriber);
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

async function accountState({ stores, now }: ServiceContext, id: string): Promise<AccountState | undefined> {
  const giveUp = now() + ACCOUNT_PATIENCE;
  for (;;) {
    const state = await stores.accounts.state(id);
    if (state !== 'wanted' || now() > giveUp) return state;
    await sleep(POLL);
  }
}
