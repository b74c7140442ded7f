import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { openCarrierStream } from '../support/http/carrier-stream.ts';
import { bearer } from '../support/http/credentials.ts';
import { type EventStream, openEvents } from '../support/http/event-stream.ts';
import { makePassword } from '../support/players/players.ts';
import { workDone } from '../support/work.ts';
import { createChatter, createCommander } from '../support/xmpp/adhoc.ts';
import { connectFriend, type FriendClient } from '../support/xmpp/friend-client.ts';
import { callUntil } from '../torture/calls.ts';
import { WAYS } from '../torture/newcomers.ts';
import type { World } from './world.ts';
import { callWrongly, sendStrangely } from './wrong.ts';

/** Somebody of one cycle. */
type One = { id: string; jid: string; password: string; phoneNumber: string; token: string };

/** People of a cycle; of them so many have an XMPP client and an event stream. */
const PEOPLE = 6;
const ONLINE = 2;
/** Tunes of each. */
const TUNES = 3;

/**
 * Some people come whom nobody has ever heard of, do everything that people do, in a world where servers are started anew, and go. What is
 * there afterwards is what was there before. `random`: from 0 to 1.
 */
export async function liveAndLeave(world: World, random: () => number): Promise<void> {
  const { stack, sink, key } = world;
  const word = () => Math.floor(random() * 2 ** 52).toString(36);
  const number = () => `+86137${`${Math.floor(random() * 1e8)}`.padStart(8, '0')}`;
  const people = await Promise.all(Array.from({ length: PEOPLE }, (_, i) => join(world, number(), i)));
  const online = people.slice(0, ONLINE);
  const carrier = openCarrierStream(() => [stack.gatewayUrl], bearer(key));
  await carrier.begun();

  await haveBooks(world, people, word);
  const clients = await Promise.all(online.map((one) => connectFriend(stack, one, word(), word())));
  const streams = await Promise.all(online.map((one) => openEvents(stack, one)));
  await playAll(world, people, clients, word);
  await talk(clients, word);
  sink.answer(503);
  await block(world, people);
  sink.answer(204);
  await callWrongly(world, people[0] as One, word);
  await sendStrangely(clients[0] as FriendClient, word);
  await startAnew(world, random);
  await playAll(world, people, [], word);

  await leave(world, people, { clients, streams });
  await carrier.close();
  sink.events.length = 0;
  await workDone(stack, ['sip']);
}

async function join({ api }: World, phoneNumber: string, i: number): Promise<One> {
  const newcomer = await (WAYS[i % WAYS.length] as (typeof WAYS)[number])(api, phoneNumber);
  const issued = await callUntil(api, [201], 'POST', `/v1/subscribers/${newcomer.id}/tokens`);
  return { ...newcomer, phoneNumber, token: `${issued.body.token}` };
}

/** Each names all others, in one form and then in another. */
async function haveBooks({ api, stack }: World, people: readonly One[], word: () => string): Promise<void> {
  for (const [i, one] of people.entries()) {
    const contacts = people.map(({ phoneNumber }) => ({ uid: word(), name: word(), phoneNumbers: [phoneNumber] }));
    if (i % 2 === 0) await api.putBook(one, contacts);
    else
      await api.putVcards(
        one,
        contacts
          .map(
            ({ uid, name, phoneNumbers: [tel] }) =>
              `BEGIN:VCARD\r\nVERSION:3.0\r\nUID:${uid}\r\nFN:${name}\r\nTEL:${tel}\r\nEND:VCARD\r\n`,
          )
          .join(''),
      );
    const upsert = [{ uid: word(), name: word(), phoneNumbers: ['+8613512345601'] }];
    await api.expectStatus(202, api.call('PATCH', api.path(one, 'address-book'), { upsert }));
  }
  await api.settled(...people);
  await workDone(stack);
}

/** By the API, as ListenBrainz does, by a webhook, and by the clients that there are. */
async function playAll(
  { api, stack }: World,
  people: readonly One[],
  clients: readonly FriendClient[],
  word: () => string,
): Promise<void> {
  for (const one of people) {
    const player = await makePassword(api, one, word());
    for (let n = 0; n < TUNES; n += 1) {
      const [title, artist] = [`${word()} ${'—'.repeat(100)}`, word()];
      await api.play(one, { title, artist, length: 300, device: word() });
      const track = { artist_name: artist, track_name: title };
      const listen = { listen_type: 'playing_now', payload: [{ track_metadata: track }] };
      await api.expectStatus(
        200,
        api.call('POST', '/1/submit-listens', listen, { authorization: `Token ${player.password}` }),
      );
      const song = { parsed: { track: title, artist, duration: 300 } };
      await api.expectStatus(200, api.call('POST', player.webhookPath, { eventName: 'nowplaying', data: { song } }));
      await api.expectStatus(200, api.call('GET', api.path(one, 'friends')));
    }
    await api.expectStatus(
      204,
      api.call(
        'DELETE',
        `/v1/subscribers/me/application-passwords/${player.applicationPasswordId}`,
        undefined,
        bearer(one.token),
      ),
    );
  }
  for (const client of clients) {
    for (let n = 0; n < TUNES; n += 1) await client.plays({ title: word(), artist: word() });
    await client.plays({});
  }
  await workDone(stack, ['sip']);
}

/** In chats, and by forms that are filled in and given up. */
async function talk(clients: readonly FriendClient[], word: () => string): Promise<void> {
  for (const { xmpp } of clients) {
    const chatter = createChatter(xmpp);
    for (const text of ['help', 'playing', 'friends', `play ${word()} - ${word()}`, 'privacy', 'stop'])
      await chatter.asks(text);
    const commander = createCommander(xmpp);
    await commander.list();
    await commander.info();
    const begun = await commander.start('play');
    await commander.submit('play', begun, { title: word(), artist: word(), kind: 'audio' });
    const other = await commander.start('privacy');
    await commander.command({ node: 'earshot#privacy', sessionid: other.sessionid, action: 'cancel' });
  }
}

async function block({ api, stack }: World, people: readonly One[]): Promise<void> {
  const [one, other] = people as [One, One];
  const settings = { discoverable: true, audience: 'friends', privateUntil: null };
  for (const blocked of [[{ subscriberId: other.id }, { phoneNumber: '+8613512345602' }], []]) {
    await api.expectStatus(200, api.call('PUT', api.path(one, 'privacy'), { ...settings, blocked }));
    await api.settled(one, other);
  }
  await workDone(stack, ['sip']);
}

/** The XMPP server or Redis, killed or stopped. */
async function startAnew({ stack }: World, random: () => number): Promise<void> {
  const name = random() < 0.5 ? 'server' : 'redis';
  if (random() < 0.5) await stack.kill(name);
  await stack.restart(name);
  await stack.untilReady();
}

async function leave(
  { api, stack }: World,
  people: readonly One[],
  { clients, streams }: { clients: readonly FriendClient[]; streams: readonly EventStream[] },
): Promise<void> {
  for (const stream of streams) stream.close();
  await Promise.all(clients.map((client) => client.leave().catch(() => {})));
  for (const { id } of people) await callUntil(api, [204, 404], 'DELETE', `/v1/subscribers/${id}`);
  await workDone(stack, ['sip']);
  await eventually(async () => {
    for (const { id } of people) expect((await api.call('GET', `/v1/subscribers/${id}`)).status).to.equal(404);
  });
}
