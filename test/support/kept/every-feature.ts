import { type Client, xml } from '@xmpp/client';
import { expect } from 'chai';
import type { Api, Person } from '../api.ts';
import { eventually } from '../eventually.ts';
import { GRANT, type startCarrier } from '../http/carrier.ts';
import type { CarrierStream } from '../http/carrier-stream.ts';
import { bearer, issueKey } from '../http/credentials.ts';
import { swapSim } from '../http/line-events.ts';
import { subscribe } from '../http/subscriptions.ts';
import { makePassword } from '../players/players.ts';
import type { DavServer } from '../servers/carddav.ts';
import { kindOf, type Sink } from '../servers/sink.ts';
import { createCommander } from '../xmpp/adhoc.ts';
import { png, publishAvatar } from '../xmpp/avatars.ts';
import type { FriendClient } from '../xmpp/friend-client.ts';

type Scene = {
  api: Api;
  carrier: Awaited<ReturnType<typeof startCarrier>>;
  dav: DavServer;
  /** Where a subscription to everything is told. */
  sink: Sink;
  /** The operator's event stream. */
  stream: CarrierStream;
  /** Of whom everything is to be kept somewhere, its numbers, and the client of its account. */
  person: Person;
  numbers: readonly [string, string];
  client: FriendClient;
  /** The client of another account, which would like to have the number. */
  other: Client;
  /** Somebody to be blocked. */
  enemy: Person;
  /** Makes something about the person wrong, which a round through everybody finds. */
  damage(): Promise<void>;
};

/** What leaves something in Redis and is done by no other means: who erases somebody finds all of it. */
export async function useEveryFeature(scene: Scene): Promise<void> {
  const { api, person, enemy, damage, sink, stream } = scene;
  await logIn(scene);
  await subscribe(api, sink, { config: { initialEvent: true } });
  await eventually(() => expect(stream.events().map(({ subject }) => subject)).to.include(person.id));
  await eventually(() => {
    const its = sink.taken().filter(({ subject }) => subject === person.id);
    expect(its.map(kindOf)).to.include.members(['subscriber-added', 'friend-added', 'now-playing-changed']);
  });
  const password = await makePassword(api, person, 'Player of Zyx Alice');
  await api.expectStatus(200, api.call('POST', password.webhookPath, webhookEvent('Geheimes vom Player')));
  const blocked = [{ phoneNumber: enemy.phoneNumber }, { phoneNumber: '+8613512345678' }];
  const settings = { discoverable: true, audience: { groups: ['Kontaktgruppe'] }, privateUntil: null, blocked };
  await api.expectStatus(200, api.call('PUT', api.path(person, 'privacy'), settings));
  await api.settled(person, enemy);
  await api.expectStatus(200, api.call('PUT', api.path(person, 'privacy'), { ...settings, audience: 'friends' }));
  for (const request of publishAvatar(png(900, 'Zyx')).requests) await scene.client.set(request);
  await scene.client.appear({});
  await rejectACard(scene);
  await spendTheBudget(scene);
  const { key } = await issueKey(api, ['subscribers:read']);
  await api.expectStatus(200, api.call('GET', `/v1/subscribers/${person.id}`, undefined, bearer(key)));
  // A job that is under way would mend it before the round looks.
  await api.settled(person, enemy);
  await damage();
  await api.expectStatus(202, api.call('POST', '/v1/reconciliations', {}));
  await eventually(async () =>
    expect((await api.call('GET', '/v1/reconciliations')).body).to.include({ state: 'done' }),
  );
  await api.settled(person);
}

/** By a code, by a carrier's word, and from an account that wants to take the number along. The codes of a number that nobody has are made void, and a SIM is swapped. */
async function logIn({ api, carrier, person, numbers, other }: Scene): Promise<void> {
  const [phoneNumber, second] = numbers;
  const sent = await api.expectStatus(202, api.call('POST', '/v1/verification/send-code', { phoneNumber }));
  const { body } = await api.expectStatus(200, api.call('GET', '/v1/verification/outbox'));
  const code = (body.codes as unknown as { phoneNumber: string; code: string }[]).find(
    (one) => one.phoneNumber === phoneNumber,
  )?.code;
  const proof = { authenticationId: sent.body.authenticationId, code, deviceName: 'Zyx Alice’s phone' };
  const { body: logged } = await api.expectStatus(
    200,
    api.call('POST', '/v1/verification/validate-code', proof, { 'idempotency-key': 'login' }),
  );
  expect(logged.subscriberId).to.equal(person.id);
  const assertion = await carrier.assert(phoneNumber);
  await api.expectStatus(200, api.call('POST', '/v1/tokens', { grant_type: GRANT, assertion }));
  const query = xml('query', { xmlns: 'jabber:iq:register' }, xml('phone', {}, second));
  const answer = await createCommander(other)
    .ask('set', query)
    .catch((err: Error) => err.message);
  expect(answer, 'the code is asked for').to.contain('not-acceptable');
  await api.expectStatus(204, api.call('POST', '/v1/numbers/recycle', { phoneNumber: '+8613512345678' }));
  await swapSim(api, await api.join('+8613512345691'));
}

async function rejectACard({ api, dav, person }: Scene): Promise<void> {
  await dav.put('nothing', ['FN:Kontakt ohne Nummer']);
  const path = api.path(person, 'address-book/sources/home');
  await api.expectStatus(202, api.call('POST', `${path}/read`));
  await eventually(async () => expect((await api.call('GET', path)).body.rejected).to.have.length(1));
}

/** One number leaves the book, and more come than can be paid for. */
async function spendTheBudget({ api, person, enemy }: Scene): Promise<void> {
  const contacts = ['+8613512345601', '+8613512345602', '+8613512345603', '+8613512345604'].map((phoneNumber, i) => ({
    uid: `over-${i}`,
    name: `Kontakt darüber ${i}`,
    phoneNumbers: [phoneNumber],
  }));
  await api.expectStatus(429, api.call('PATCH', api.path(person, 'address-book'), { upsert: contacts }));
  const path = api.path(enemy, 'address-book');
  await api.expectStatus(
    202,
    api.call('PUT', path, { contacts: [{ name: 'Nobody', phoneNumbers: ['+8613512345678'] }] }),
  );
}

function webhookEvent(track: string) {
  return { eventName: 'nowplaying', data: { song: { parsed: { track, artist: 'Die Geheimen', duration: 300 } } } };
}
