import { xml } from '@xmpp/client';
import { bearer } from '../support/http/credentials.ts';
import { createCommander } from '../support/xmpp/adhoc.ts';
import type { FriendClient } from '../support/xmpp/friend-client.ts';
import type { World } from './world.ts';

/** Times that each wrong thing is done, each time with other words. */
const TIMES = 20;

/** Calls that are refused, each of another kind: nobody's tokens and ids, paths that there are not, bodies that nobody can read. */
export async function callWrongly(
  { api }: World,
  { id, token }: { id: string; token: string },
  word: () => string,
): Promise<void> {
  const path = `/v1/subscribers/${id}`;
  for (let n = 0; n < TIMES; n += 1) {
    const refused = [
      await api.call('GET', `/${word()}`),
      await api.call('GET', `/v1/subscribers/${word()}`),
      await api.call('GET', path, undefined, bearer(`est_${word()}`)),
      await api.call('PUT', `${path}/now-playing`, { kind: 'audio', [word()]: word() }),
      await api.call('PUT', `${path}/address-book`, `{"contacts": [${word()}`, { 'content-type': 'application/json' }),
      await api.call('PUT', `${path}/address-book`, word().repeat(1_000), { 'content-type': `text/${word()}` }),
      await api.call('POST', '/v1/subscribers', { phoneNumber: word() }),
      await api.call('POST', `${path}/tokens`, {}, { ...bearer(token), 'idempotency-key': word().repeat(100) }),
      await api.call('POST', '/v1/verification/validate-code', { authenticationId: word(), code: '123456' }),
      await api.call('POST', '/1/submit-listens', {}, { authorization: `Token ${word()}` }),
      await api.call('POST', `/web-scrobbler/${word()}`, {}),
      await api.call('GET', `/2.0/?method=${word()}&api_key=${word()}&sk=${word()}`),
    ].filter(({ status }) => status >= 400);
    if (refused.length < 11) throw new Error(`Of twelve wrong calls ${refused.length} were refused.`);
  }
}

/** Stanzas that ask the component for what it has not, and presences that differ. */
export async function sendStrangely({ xmpp, appear, caughtUp }: FriendClient, word: () => string): Promise<void> {
  const { ask } = createCommander(xmpp);
  for (let n = 0; n < TIMES; n += 1) {
    await ask('get', xml('query', { xmlns: `urn:${word()}` })).catch(() => {});
    await ask('set', xml('command', { xmlns: 'http://jabber.org/protocol/commands', node: word() })).catch(() => {});
    await appear({ status: word().repeat(100), priority: `${n}` });
  }
  await caughtUp();
}
