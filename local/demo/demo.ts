import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { projectRoot } from '../project-root.ts';
import type { Stack } from '../stack/stack.ts';
import { StartError } from '../start-error.ts';
import { type Api, connectApi, expectStatus } from './api.ts';
import { type DemoStore, type DemoSubscriber, openDemoStore } from './demo-store.ts';

/** One of the three people of the demo. */
interface Person {
  displayName: string;
  phoneNumber: string;
  /** In `local/demo-books`. */
  book: string;
}

const PEOPLE: readonly Person[] = [
  { displayName: 'Alice Zhang', phoneNumber: '+8613800138000', book: 'alice.vcf' },
  { displayName: 'Bob Chen', phoneNumber: '+8613900139000', book: 'bob.vcf' },
  { displayName: 'Carol Liu', phoneNumber: '+8613700137000', book: 'carol.vcf' },
];
const RECONCILE_PATIENCE_MS = 30_000;

/** What the demo needs of a stack. */
export type DemoStack = Pick<Stack, 'gatewayUrl' | 'operatorKey' | 'server'>;

/**
 * Finds or makes the three demo subscribers, with accounts, tokens and address books, and waits until they are friends.
 * Throws a StartError `DEMO` with what the API answered.
 */
export async function prepareDemo(stack: DemoStack, dataDir: string): Promise<DemoSubscriber[]> {
  const api = connectApi(stack.gatewayUrl, stack.operatorKey);
  const store = openDemoStore(dataDir);
  const ready: DemoSubscriber[] = [];
  for (const person of PEOPLE) {
    const subscriber = await findOrMake(api, store, stack, person);
    await giveBook(api, subscriber, person);
    ready.push(subscriber);
  }
  for (const { subscriberId } of ready) await untilReconciled(api, subscriberId);
  return ready;
}

async function findOrMake(api: Api, store: DemoStore, stack: DemoStack, person: Person): Promise<DemoSubscriber> {
  const known = store.find(person.phoneNumber);
  const alive = known !== undefined && (await api('GET', `/subscribers/${known.subscriberId}`)).status === 200;
  const subscriber = alive ? known : { ...(await subscribe(api, stack, person)), token: '' };
  // Saved before the token is asked for: the password is told only once.
  store.save(subscriber);
  const complete = { ...subscriber, token: await validToken(api, stack.gatewayUrl, subscriber) };
  store.save(complete);
  return complete;
}

type Subscribed = Omit<DemoSubscriber, 'token'>;

async function subscribe(api: Api, stack: DemoStack, person: Person): Promise<Subscribed> {
  const { displayName, phoneNumber } = person;
  const answer = await api('POST', '/subscribers', { displayName, phoneNumber });
  if (answer.status === 409) return subscribeAgain(api, stack, person);
  return pick(expectStatus<Subscribed>(answer, 201, `Adding ${displayName}`));
}

/**
 * The subscriber is there from an earlier run that ended before the password was written down, or, where accounts are named after numbers, the account
 * alone is: it is given a new one.
 */
async function subscribeAgain(api: Api, stack: DemoStack, { displayName, phoneNumber }: Person): Promise<Subscribed> {
  const found = await api('POST', '/subscribers/retrieve', { phoneNumber });
  const password = randomBytes(12).toString('base64url');
  const jid = found.status === 200 ? (found.body as Subscribed).jid : `${phoneNumber}@${stack.server().domain}`;
  await stack.server().makeAccount(jid, password);
  if (found.status === 200) return pick({ ...(found.body as Subscribed), password });
  const answer = await api('POST', '/subscribers', { displayName, phoneNumber, jid });
  return pick({ ...expectStatus<Subscribed>(answer, 201, `Adding ${displayName}`), password });
}

/** Only what `ready.json` promises, whatever else the API tells. */
function pick({ subscriberId, displayName, phoneNumber, jid, password }: Subscribed): Subscribed {
  return { subscriberId, displayName, phoneNumber, jid, password };
}

async function validToken(api: Api, gatewayUrl: string, { subscriberId, token }: DemoSubscriber): Promise<string> {
  if (token !== '' && (await connectApi(gatewayUrl, token)('GET', '/subscribers/me')).status === 200) return token;
  const answer = await api('POST', `/subscribers/${subscriberId}/tokens`);
  return expectStatus<{ token: string }>(answer, 201, 'Asking for a token').token;
}

/** A book that is there stays as it is: somebody may have tried something out with it. */
async function giveBook(api: Api, { subscriberId }: DemoSubscriber, { book, displayName }: Person): Promise<void> {
  const path = `/subscribers/${subscriberId}/address-book`;
  const present = await api('GET', path);
  if (present.status === 200 && (present.body as { contacts: number }).contacts > 0) return;
  const cards = readFileSync(join(projectRoot(), 'local', 'demo-books', book), 'utf8');
  expectStatus(await api('PUT', path, cards), 202, `Sending the address book of ${displayName}`);
}

async function untilReconciled(api: Api, subscriberId: string): Promise<void> {
  const deadline = Date.now() + RECONCILE_PATIENCE_MS;
  for (;;) {
    const answer = await api('GET', `/subscribers/${subscriberId}/address-book`);
    const { state } = expectStatus<{ state: string }>(answer, 200, 'Looking at an address book');
    if (state === 'current') return;
    if (Date.now() > deadline) {
      throw new StartError(
        'DEMO',
        `The demo's address books are still "${state}" after 30 s: see the logs of worker and component.`,
      );
    }
    await delay(100);
  }
}
