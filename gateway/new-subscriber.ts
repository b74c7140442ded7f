import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../domain/fault.ts';
import { domainOf, parseBareJid } from '../domain/jid.ts';
import type { AccountState } from '../store/accounts.ts';
import type { Subscriber } from '../store/subscriber-record.ts';
import type { Context } from './context.ts';

/** Milliseconds that a caller waits for the XMPP server to make an account. */
const ACCOUNT_PATIENCE = 10_000;
/** Milliseconds that a caller waits for somebody who is just being added or removed. */
const PATIENCE = 5_000;
const POLL = 25;

/**
 * Adds a subscriber; without a JID its account `+E164@home-host` is made on the XMPP server, and the password is returned.
 * @throws Fault ALREADY_EXISTS, INVALID_ARGUMENT (the JID), CONFLICT, UNAVAILABLE (no account could be made)
 */
export async function createSubscriber(
  context: Context,
  phoneNumber: string,
  displayName: string,
  jidText: string | undefined,
): Promise<{ subscriber: Subscriber; password?: string }> {
  const { stores, queues, numberKeyOf, config, now } = context;
  const jid = jidText === undefined ? `${phoneNumber}@${config.homeHost}` : toJid(jidText, config.homeHost);
  if (jidText === undefined) await requireComponent(context);
  const subscriber: Subscriber = {
    id: randomUUID(),
    phoneNumber,
    numberKey: numberKeyOf(phoneNumber),
    jid,
    displayName,
    state: 'pending',
  };
  await claim(context, subscriber);
  if (config.consent === 'subscriber') await stores.privacies.conceal(subscriber.id);
  const password = jidText === undefined ? await makeAccount(context, subscriber) : undefined;
  if (!(await stores.subscribers.activate(subscriber, now())))
    throw new Fault('UNAVAILABLE', 'The subscriber could not be added in time; try again.');
  await queues.enqueue('reconcile', [subscriber.id]);
  return password === undefined ? { subscriber } : { subscriber, password };
}

function toJid(text: string, homeHost: string): string {
  const jid = parseBareJid(text);
  if (jid === undefined || domainOf(jid) !== homeHost)
    throw new Fault('INVALID_ARGUMENT', `jid must be a bare JID on ${homeHost}, such as alice@${homeHost}.`);
  return jid;
}

/**
 * Claims number and JID. Whoever holds one of them without being a subscriber, because it is just leaving or because its
 * gateway died before it was added, gets a moment to be gone; one that was never finished is then given up.
 */
async function claim(context: Context, subscriber: Subscriber): Promise<void> {
  const { stores, numberKeyOf, now } = context;
  const giveUp = now() + PATIENCE;
  for (;;) {
    const outcome = await stores.subscribers.create(subscriber, now());
    if (outcome === 'ok') return;
    const id =
      outcome === 'jid-taken'
        ? await stores.subscribers.idOfJid(subscriber.jid)
        : (await stores.directory.owners([numberKeyOf(subscriber.phoneNumber)]))[0];
    const holder = id === undefined ? undefined : await stores.subscribers.record(id);
    if (holder?.state === 'active') throw new Fault('ALREADY_EXISTS', TAKEN[outcome]);
    if (now() > giveUp) await giveUpUnfinished(context, holder);
    await sleep(POLL);
  }
}

const TAKEN = {
  'number-taken': 'A subscriber with this number exists; POST /v1/subscribers/retrieve finds it.',
  'jid-taken': 'Another subscriber uses this JID.',
};

/** @throws Fault CONFLICT when somebody is still at work on it */
async function giveUpUnfinished({ stores }: Context, holder: Subscriber | undefined): Promise<void> {
  const unfinished = holder?.state === 'pending' && (await stores.accounts.state(holder.id)) === undefined;
  if (!unfinished)
    throw new Fault('CONFLICT', 'Who had this number or JID is being added or removed; try again in a moment.');
  await stores.subscribers.abandon(holder);
}

async function requireComponent({ stores }: Context): Promise<void> {
  if (!(await stores.statuses.of('component'))?.ready)
    throw new Fault(
      'UNAVAILABLE',
      'Accounts cannot be made now: /readyz says what is missing. Try again, or send the jid of an existing account.',
    );
}

async function makeAccount(context: Context, subscriber: Subscriber): Promise<string> {
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

async function accountState({ stores, now }: Context, id: string): Promise<AccountState | undefined> {
  const giveUp = now() + ACCOUNT_PATIENCE;
  for (;;) {
    const state = await stores.accounts.state(id);
    if (state !== 'wanted' || now() > giveUp) return state;
    await sleep(POLL);
  }
}
