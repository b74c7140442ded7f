import { expect } from 'chai';
import { EVENT_TYPES, typeOf } from '../../../domain/subscription/event-types.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { bearer, issueKey } from '../../support/http/credentials.ts';
import { SUBSCRIBER_SCOPES, statusOf, subscribe } from '../../support/http/subscriptions.ts';
import { kindOf, type Sink, startSink } from '../../support/servers/sink.ts';
import { useStack } from '../../support/stack.ts';

const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };

describe('events to subscriptions', () => {
  const stack = useStack({ env: { EARSHOT_SINK_ALLOW: '127.0.0.1' } });
  const api = createApi(stack);
  const sinks: Sink[] = [];
  let carrier: Record<string, string>;
  let bob: Person;

  before(async () => {
    const { key } = await issueKey(api, SUBSCRIBER_SCOPES, ['+86138']);
    carrier = bearer(key);
    bob = await api.join('+8613900139000', 'Bob of another carrier');
  });

  afterEach(async () => {
    const { body } = await api.call('GET', '/v1/subscriptions', undefined, carrier);
    for (const { id } of body.subscriptions as unknown as { id: string }[])
      await api.expectStatus(204, api.call('DELETE', `/v1/subscriptions/${id}`, undefined, carrier));
    await Promise.all(sinks.splice(0).map((sink) => sink.stop()));
  });

  async function newSink(): Promise<Sink> {
    const sink = await startSink();
    sinks.push(sink);
    return sink;
  }

  it('tell of a subscriber from its coming to its leaving, in order, signed, and only of what the owner may know', async () => {
    const sink = await newSink();
    const { id } = await subscribe(api, sink, {}, carrier);
    const alice = await api.join('+8613800138000', 'Alice by name');
    await sink.hears(['subscriber-added']);
    const other = '+8613800138001';
    await api.expectStatus(200, api.call('PATCH', `/v1/subscribers/${alice.id}`, { phoneNumber: other }));
    await sink.hears(['numbers-changed'], 1);
    await api.putBook(alice, [{ name: 'Bob', phoneNumbers: [bob.phoneNumber] }]);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [other] }]);
    await sink.hears(['friend-added'], 2);
    await api.play(bob, { title: 'Of another carrier', length: 300 });
    await api.play(alice, { title: 'Heard', artist: 'Somebody', length: 300 });
    await sink.hears(['now-playing-changed'], 3);
    await api.stop(alice);
    await sink.hears(['now-playing-changed'], 4);
    const settings = { ...OPEN, audience: 'nobody' };
    await api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), settings));
    await sink.hears(['consent-changed'], 5);
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
    const events = await eventually(() => {
      const all = sink.taken();
      expect(all.map(kindOf).at(-1)).to.equal('subscriber-removed');
      return all;
    });
    for (const event of events)
      expect(event, event.type).to.include({ source: `/v1/subscriptions/${id}`, subject: alice.id });
    const data = events.map((event) => event.data);
    expect(data[0]).to.deep.include({ phoneNumbers: ['+8613800138000'], discoverable: true, audience: 'friends' });
    expect(data[1]).to.deep.include({ phoneNumbers: [other] });
    expect(data[2]).to.deep.include({ friendId: bob.id });
    expect(data[3]?.nowPlaying).to.include({ title: 'Heard', artist: 'Somebody', audience: 'friends' });
    expect(data[4]).to.include({ nowPlaying: null });
    expect(data[5]).to.deep.include({ discoverable: true, audience: 'nobody', privateUntil: null });
    const text = JSON.stringify(events);
    for (const secret of ['Alice by name', 'Bob of another', bob.phoneNumber, 'Of another carrier'])
      expect(text).to.not.contain(secret);
    expect(new Set(events.map((event) => event.id)).size, 'ids').to.equal(events.length);
    expect(events.map((event) => event.headers['webhook-id'])).to.deep.equal(events.map((event) => event.id));
    expect(events[0]?.headers['content-type']).to.match(/^application\/cloudevents\+json/);
  });

  it('keep a private session and its end, and what plays in it is told when it is over', async () => {
    const sink = await newSink();
    const alice = await api.join('+8613800138010');
    await subscribe(api, sink, { types: [typeOf('now-playing-changed')] }, carrier);
    await api.play(alice, { title: 'Shown', length: 300 });
    await sink.hears(['now-playing-changed']);
    const privateUntil = new Date(Date.now() + 3_600_000).toISOString();
    await api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), { ...OPEN, privateUntil }));
    const [hidden] = await sink.hears(['now-playing-changed'], 1);
    expect(hidden?.data).to.include({ nowPlaying: null });
    await api.play(alice, { title: 'In private', length: 300 });
    await api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), OPEN));
    const [shown] = await sink.hears(['now-playing-changed'], 2);
    expect(shown?.data.nowPlaying).to.include({ title: 'In private' });
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
  });

  it('tell where a piece is, again when it is wound or begins anew, and not when it only goes on', async () => {
    const sink = await newSink();
    const alice = await api.join('+8613800138015');
    await subscribe(api, sink, { types: [typeOf('now-playing-changed')] }, carrier);
    const song = { title: 'Wound', length: 300 };
    const begins = ({ data }: { data: Record<string, unknown> }) =>
      Date.parse(String((data.nowPlaying as { since: string }).since));
    await api.play(alice, { ...song, position: 100 });
    const [first] = await sink.hears(['now-playing-changed']);
    const { body } = await api.expectStatus(200, api.call('GET', api.path(alice, 'now-playing')));
    expect(first && begins(first), 'as the API says it').to.equal(Date.parse(String(body.since)));
    await api.play(alice, { ...song, position: 200 });
    const [wound] = await sink.hears(['now-playing-changed'], 1);
    expect(first && wound && begins(first) - begins(wound)).to.be.within(50_000, 100_000);
    await api.play(alice, song);
    await api.play(alice, { title: 'Next', length: 300 });
    const [next] = await sink.hears(['now-playing-changed'], 2);
    expect(next?.data.nowPlaying).to.include({ title: 'Next' });
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
  });

  it('tell everybody in range first where that is asked for, and otherwise what changes', async () => {
    const [all, changes] = [await newSink(), await newSink()];
    const alice = await api.join('+8613800138020');
    await api.play(alice, { title: 'Played before', length: 1_000 });
    const types = EVENT_TYPES.filter((type) => type !== typeOf('subscriber-removed'));
    await subscribe(api, all, { types, config: { initialEvent: true } }, carrier);
    await subscribe(api, changes, { types }, carrier);
    const ofAlice = (sink: Sink) => sink.taken().filter(({ subject }) => subject === alice.id);
    await eventually(() => expect(ofAlice(all).map(kindOf)).to.deep.equal(['subscriber-added', 'now-playing-changed']));
    await api.stop(alice);
    await changes.hears(['now-playing-changed']);
    expect(changes.taken()[0]?.data).to.include({ nowPlaying: null });
    await eventually(() => expect(ofAlice(all)).to.have.length(3));
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
  });

  it('tell who reaches one number only of that number, and nothing else', async () => {
    const sink = await newSink();
    await subscribe(api, sink, {}, carrier);
    const body = { phoneNumber: '+8613900139030', otherPhoneNumbers: ['+8613800138030'] };
    const { body: made } = await api.expectStatus(201, api.call('POST', '/v1/subscribers', body));
    const [added] = await sink.hears(['subscriber-added']);
    expect(added?.data).to.deep.include({ phoneNumbers: ['+8613800138030'], shared: true });
    expect(added?.data).to.not.have.property('audience');
    const id = String(made.subscriberId);
    await api.play({ id } as Person, { title: 'Not for this carrier', length: 300 });
    await api.expectStatus(200, api.call('PATCH', `/v1/subscribers/${id}`, { otherPhoneNumbers: [] }));
    await sink.hears(['subscriber-removed'], 1);
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${id}`));
  });

  it('end after so many, at a time, and when their owner says so; each end is told', async () => {
    const [few, short, long] = [await newSink(), await newSink(), await newSink()];
    const types = [typeOf('now-playing-changed')];
    const { id } = await subscribe(api, few, { types, config: { subscriptionMaxEvents: 1 } }, carrier);
    const { id: deleted } = await subscribe(api, long, { types }, carrier);
    const alice = await api.join('+8613800138040');
    await api.play(alice, { title: 'The one', length: 300 });
    const events = await few.hears(['now-playing-changed', 'subscription-ended']);
    expect(events[1]?.data).to.include({ terminationReason: 'MAX_EVENTS_REACHED' });
    expect(await statusOf(api, id, carrier)).to.equal('EXPIRED');
    const config = { subscriptionExpireTime: new Date(Date.now() + 5_000).toISOString() };
    const body = { protocol: 'HTTP', sink: short.url, types, config };
    await api.expectStatus(201, api.call('POST', '/v1/subscriptions', body, carrier));
    await long.hears(['now-playing-changed']);
    await api.expectStatus(204, api.call('DELETE', `/v1/subscriptions/${deleted}`, undefined, carrier));
    await api.expectStatus(404, api.call('GET', `/v1/subscriptions/${deleted}`, undefined, carrier));
    const [ended] = await long.hears(['subscription-ended'], 1);
    expect(ended?.data).to.include({ terminationReason: 'SUBSCRIPTION_DELETED' });
    const [expired] = await short.hears(['subscription-ended']);
    expect(expired?.data).to.include({ terminationReason: 'SUBSCRIPTION_EXPIRED' });
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
  });

  it('are signed with both secrets while one takes the place of the other, and bring the token that the sink asked for', async () => {
    const sink = await newSink();
    const sinkCredential = {
      credentialType: 'ACCESSTOKEN',
      accessToken: 'of-the-sink',
      accessTokenExpiresUtc: new Date(Date.now() + 3_600_000).toISOString(),
      accessTokenType: 'bearer',
    };
    const types = [typeOf('subscriber-added')];
    const before = await subscribe(api, sink, { types, sinkCredential }, carrier);
    const path = `/v1/subscriptions/${before.id}/rotate`;
    const { body } = await api.expectStatus(200, api.call('POST', path, undefined, carrier));
    expect(body.secret)
      .to.match(/^whsec_/)
      .and.not.equal(before.secret);
    const people = [await api.join('+8613800138050')];
    await sink.hears(['subscriber-added']);
    sink.expectSecrets(String(body.secret));
    people.push(await api.join('+8613800138051'));
    const events = await sink.hears(['subscriber-added', 'subscriber-added']);
    expect(events.map(({ headers }) => headers.authorization)).to.deep.equal(Array(2).fill('Bearer of-the-sink'));
    const seen = await api.call('GET', `/v1/subscriptions/${before.id}`, undefined, carrier);
    for (const secret of [before.secret, String(body.secret), 'of-the-sink']) expect(seen.text).to.not.contain(secret);
    for (const { id } of people) await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${id}`));
  });

  it('stop at once when the owner’s credential is revoked', async () => {
    const sink = await newSink();
    const { key, credentialId } = await issueKey(api, SUBSCRIBER_SCOPES, ['+86138']);
    await subscribe(api, sink, { types: [typeOf('subscriber-added')] }, bearer(key));
    await api.expectStatus(204, api.call('DELETE', `/v1/credentials/${credentialId}`));
    const other = await newSink();
    await subscribe(api, other, { types: [typeOf('subscriber-added')] }, carrier);
    const alice = await api.join('+8613800138060');
    await other.hears(['subscriber-added']);
    expect(sink.events).to.deep.equal([]);
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
  });

  it('reach one sink while another hangs, and the other one when it goes on, as it is then', async () => {
    const [hanging, quick] = [await newSink(), await newSink()];
    const types = [typeOf('now-playing-changed')];
    const alice = await api.join('+8613800138070');
    await subscribe(api, hanging, { types }, carrier);
    await subscribe(api, quick, { types }, carrier);
    const held: { destroy(): void }[] = [];
    hanging.answer((response) => void held.push(response));
    for (const title of ['First', 'Second', 'Third']) {
      const from = quick.taken().length;
      await api.play(alice, { title, length: 1_000 });
      const [event] = await quick.hears(['now-playing-changed'], from);
      expect(event?.data.nowPlaying).to.include({ title });
    }
    await eventually(() => expect(held).to.have.length.above(0));
    hanging.answer(204);
    for (const response of held) response.destroy();
    await eventually(() => expect(hanging.taken().at(-1)?.data.nowPlaying).to.include({ title: 'Third' }));
    expect(hanging.taken().map(({ data }) => (data.nowPlaying as { title: string }).title)).to.not.include('Second');
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
  });

  it('are for the owner alone, who may read what they tell, at a sink that may be asked', async () => {
    const sink = await newSink();
    const { id } = await subscribe(api, sink, { types: [typeOf('subscriber-added')] }, carrier);
    for (const [method, path] of [
      ['GET', `/v1/subscriptions/${id}`],
      ['DELETE', `/v1/subscriptions/${id}`],
      ['POST', `/v1/subscriptions/${id}/rotate`],
    ] as const)
      await api.expectStatus(404, api.call(method, path));
    const listed = await api.expectStatus(200, api.call('GET', '/v1/subscriptions'));
    expect(listed.text).to.not.contain(id);
    const wanted = (more: object) => ({ protocol: 'HTTP', sink: sink.url, types: EVENT_TYPES, ...more });
    for (const more of [
      { sink: 'http://10.0.0.1/' },
      { sink: 'https://169.254.169.254/latest' },
      { sink: 'https://user:secret@sink.example/' },
      { sink: 'ftp://sink.example/' },
      { types: ['org.earshot.v1.subscription-ended'] },
      { protocol: 'MQTT5' },
      { config: { subscriptionExpireTime: '2020-01-01T00:00:00Z' } },
    ])
      await api.expectStatus(400, api.call('POST', '/v1/subscriptions', wanted(more), carrier));
    const { key } = await issueKey(api, ['subscriptions:write', 'subscribers:read'], ['+86138']);
    const refused = await api.call('POST', '/v1/subscriptions', wanted({}), bearer(key));
    expect([refused.status, refused.body.code]).to.deep.equal([403, 'PERMISSION_DENIED']);
  });

  it('are at most twenty of one credential', async () => {
    const sink = await newSink();
    const body = { protocol: 'HTTP', sink: sink.url, types: [typeOf('subscriber-added')] };
    for (let i = 0; i < 20; i += 1) await api.expectStatus(201, api.call('POST', '/v1/subscriptions', body, carrier));
    await api.expectStatus(409, api.call('POST', '/v1/subscriptions', body, carrier));
  });
});
