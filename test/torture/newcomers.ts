import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from '../support/api.ts';
import { PATIENCE } from '../support/eventually.ts';
import { callUntil } from './calls.ts';
import { Finding } from './finding.ts';

/** Who has just become a subscriber, with the login of its XMPP account. */
export type Newcomer = { id: string; jid: string; password: string };

/** Settings without which so many could not log in from one address. */
export const MANY_LOGINS = {
  EARSHOT_CODES_PER_NUMBER_AND_ADDRESS: '100/300',
  EARSHOT_CODES_PER_NUMBER: '100/300',
  EARSHOT_CODES_PER_ADDRESS: '1000/300',
  EARSHOT_CODES_PER_SITE: '1000/300',
};

/** Milliseconds between two looks. */
const PAUSE = 100;

type Way = (api: Api, phoneNumber: string) => Promise<Newcomer>;

/** How people become subscribers; each newcomer takes the next way. */
export const WAYS: readonly Way[] = [added, imported, loggedIn];

/** By the operator. */
async function added(api: Api, phoneNumber: string): Promise<Newcomer> {
  const headers = { 'idempotency-key': randomUUID() };
  const { body } = await callUntil(api, [201], 'POST', '/v1/subscribers', { phoneNumber }, headers);
  return { id: `${body.subscriberId}`, jid: `${body.jid}`, password: `${body.password}` };
}

/** In a file of one row, until the account is there. */
async function imported(api: Api, phoneNumber: string): Promise<Newcomer> {
  const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': randomUUID() };
  const row = JSON.stringify({ phoneNumber });
  type Report = { subscriberId?: string; password?: string; importId?: string };
  let whole: Report = {};
  await until(`the import of ${phoneNumber}`, async () => {
    const { text } = await callUntil(api, [200], 'POST', '/v1/imports', row, headers);
    const reports = text.split('\n').filter(Boolean);
    whole = Object.assign({}, ...reports.map((line) => JSON.parse(line) as Report));
    return whole.password !== undefined && whole.importId !== undefined;
  });
  const { subscriberId: id = '', password = '', importId = '' } = whole;
  await until(`the account of ${phoneNumber}`, async () => {
    const { body } = await callUntil(api, [200], 'GET', `/v1/imports/${importId}`);
    return (body.accounts as unknown as { made: number }).made === 1;
  });
  const { body } = await callUntil(api, [200], 'GET', `/v1/subscribers/${id}`);
  return { id, jid: `${body.jid}`, password };
}

/** By a code; by another one where its note was lost with Redis. */
async function loggedIn(api: Api, phoneNumber: string): Promise<Newcomer> {
  let newcomer: Newcomer | undefined;
  await until(`the login of ${phoneNumber}`, async () => {
    const sent = await callUntil(api, [202], 'POST', '/v1/verification/send-code', { phoneNumber });
    const { body } = await callUntil(api, [200], 'GET', '/v1/verification/outbox');
    const codes = body.codes as unknown as { phoneNumber: string; code: string }[];
    for (const { code } of codes.filter((one) => one.phoneNumber === phoneNumber)) {
      const proof = { authenticationId: sent.body.authenticationId, code };
      const headers = { 'idempotency-key': randomUUID() };
      const got = await callUntil(api, [200, 401], 'POST', '/v1/verification/validate-code', proof, headers);
      if (got.status === 200 && got.body.password !== undefined)
        newcomer = { id: `${got.body.subscriberId}`, jid: `${got.body.jid}`, password: `${got.body.password}` };
    }
    return newcomer !== undefined;
  });
  return newcomer as Newcomer;
}

async function until(what: string, done: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await sleep(PAUSE)) if (await done()) return;
  throw new Finding(`${what} came to no end`);
}
