import { expect } from 'chai';
import { typeOf } from '../../../domain/subscription/event-types.ts';
import { createKeys, WATCHED } from '../../../store/base/keys.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { type CarrierStream, openCarrierStream } from '../../support/http/carrier-stream.ts';
import { bearer, issueKey } from '../../support/http/credentials.ts';
import { SUBSCRIBER_SCOPES } from '../../support/http/subscriptions.ts';
import { useStack, withRedis } from '../../support/stack.ts';

const NOW_PLAYING = typeOf('now-playing-changed');
const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };

describe('the event stream of a credential', () => {
  const stack = useStack();
  const api = createApi(stack);
  const streams: CarrierStream[] = [];
  let carrier: Record<string, string>;
  let bob: Person;
  let numbers = 0;
  const joined: string[] = [];

  before(async () => {
    bob = await api.join('+8613900139000', 'Bob of another carrier');
  });

  beforeEach(async () => {
    await nobodyIsNoted();
    const { key } = await issueKey(api, SUBSCRIBER_SCOPES, ['+86138']);
    carrier = bearer(key);
  });

  afterEach(async () => {
    await Promise.all(streams.splice(0).map((stream) => stream.close()));
  });

  /** Whoever is still noted as changed when a stream begins is told as new. */
  async function nobodyIsNoted(): Promise<void> {
    await withRedis(stack, async (redis) => {
      for (const id of joined.splice(0)) {
        const noted = createKeys('earshot').due(WATCHED, id);
        await eventually(async () => expect(await redis.zScore(noted, id)).to.equal(null));
      }
    });
  }

  async function follow(path = '/v1/events', headers = carrier, from = ''): Promise<CarrierStream> {
    const stream = openCarrierStream(() => [stack.gatewayUrl], headers, path, from);
    streams.push(stream);
    await stream.begun();
    return stream;
  }

  async function join(name = 'Alice by name'): Promise<Person> {
    numbers += 1;
    const person = await api.join(`+86138001380${`${numbers}`.padStart(2, '0')}`, name);
    joined.push(person.id);
    return person;
  }

  it('tells of a subscriber from its coming to its leaving, in order, as webhooks do, and only of what its owner may know', async () => {
    const stream = await follow();
    const alice = await join();
    await stream.hears(['subscriber-added']);
    await api.putBook(alice, [{ name: 'Bob', phoneNumbers: [bob.phoneNumber] }]);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    await stream.hears(['friend-added'], 1);
    await api.play(bob, { title: 'Of another carrier', length: 300 });
    await api.play(alice, { title: 'Heard', artist: 'Somebody', length: 300 });
    await stream.hears(['now-playing-changed'], 2);
    await api.stop(alice);
    await stream.hears(['now-playing-changed'], 3);
    await api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), { ...OPEN, audience: 'nobody' }));
    await stream.hears(['consent-changed'], 4);
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
    await eventually(() => expect(stream.events().at(-1)?.type).to.match(/subscriber-removed$/));
    const events = stream.events();
    for (const event of events) expect(event).to.include({ specversion: '1.0', subject: alice.id });
    expect(events[0]?.data).to.deep.include({ phoneNumbers: [alice.phoneNumber], audience: 'friends' });
    expect(events[2]?.data.nowPlaying).to.include({ title: 'Heard', artist: 'Somebody', audience: 'friends' });
    expect(events[3]?.data).to.include({ nowPlaying: null });
    const text = JSON.stringify(events);
    for (const secret of ['Alice by name', 'Bob of another', bob.phoneNumber, 'Of another carrier'])
      expect(text).to.not.contain(secret);
    const positions = stream.messages.map(({ id }) => Number(id.split('.')[1]));
    expect(positions).to.deep.equal([...positions].sort((a, b) => a - b));
    expect(new Set(positions).size).to.equal(positions.length);
  });

  it('goes on where it broke off, with what is so by then, and nothing twice', async () => {
    const stream = await follow();
    const alice = await join();
    await stream.hears(['subscriber-added']);
    await stream.close();
    await api.play(alice, { title: 'Over by then', length: 300 });
    await api.play(alice, { title: 'The newest', length: 300 });
    const carol = await join();
    const again = await follow('/v1/events', carrier, stream.lastId());
    await eventually(() => expect(again.events()).to.have.length(2));
    const [tune, added] = again.events().sort((a, b) => a.type.localeCompare(b.type));
    expect(tune).to.deep.include({ type: NOW_PLAYING, subject: alice.id });
    expect(tune?.data.nowPlaying).to.include({ title: 'The newest' });
    expect(added?.subject).to.equal(carol.id);
  });

  it('tells again, as it is by then, of whom something was sent after the last id', async () => {
    const stream = await follow();
    const [alice, carol] = [await join(), await join()];
    await stream.hears(['subscriber-added', 'subscriber-added']);
    const kept = stream.lastId();
    await api.play(alice, { title: 'Lost on its way', length: 300 });
    await stream.hears(['now-playing-changed'], 2);
    await stream.close();
    await api.stop(alice);
    const again = await follow('/v1/events', carrier, kept);
    await again.hears(['subscriber-added', 'now-playing-changed']);
    for (const { subject } of again.events()) expect(subject).to.equal(alice.id);
    expect(again.events()[1]?.data.nowPlaying).to.equal(null);
    await api.play(carol, { title: 'Goes on', length: 300 });
    await again.hears(['now-playing-changed'], 2);
  });

  it('begins anew for who has not got that somebody is gone, of whom nothing is kept', async () => {
    const stream = await follow();
    const [alice, carol] = [await join(), await join()];
    await stream.hears(['subscriber-added', 'subscriber-added']);
    const kept = stream.lastId();
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
    await stream.hears(['subscriber-removed'], 2);
    await stream.close();
    const again = await follow('/v1/events', carrier, kept);
    await eventually(() => expect(again.events().map(({ subject }) => subject)).to.include(carol.id));
    expect(again.events()[0]?.type).to.match(/subscription-restored$/);
    expect(JSON.stringify(again.events())).to.not.contain(alice.id);
  });

  for (const [what, id] of Object.entries({
    'none of ours': 'a'.repeat(500),
    'of another stream': '00000000-0000-4000-8000-000000000000.1764516913000',
    'of a time to come': '',
  }))
    it(`says that what was told before counts no more, and then tells all, to whom brings an id that is ${what}`, async () => {
      const alice = await join();
      await api.play(alice, { title: 'Plays', length: 300 });
      const before = await follow();
      await before.close();
      const last = id === '' ? `${before.lastId().split('.')[0]}.99999999999999` : id;
      const stream = await follow('/v1/events?types=org.earshot.v1.now-playing-changed', carrier, last);
      await eventually(() => expect(stream.events().map(({ data }) => data.nowPlaying)).to.have.length.above(1));
      expect(stream.events()[0]?.type).to.match(/subscription-restored$/);
      await eventually(() => expect(titlesOf(stream, alice)).to.deep.equal(['Plays']));
      await api.stop(alice);
      await eventually(() => expect(titlesOf(stream, alice)).to.deep.equal(['Plays', undefined]));
    });

  it('tells nothing that was so before, or with initial all of it', async () => {
    const alice = await join();
    await nobodyIsNoted();
    const stream = await follow();
    await withRedis(stack, async (redis) => {
      const { records } = createKeys('earshot').subscriptions;
      const [id = ''] = stream.lastId().split('.');
      await eventually(async () => expect(await redis.hGet(records, id)).to.contain('"ACTIVE"'));
    });
    await api.play(alice, { title: 'New', length: 300 });
    await stream.hears(['now-playing-changed']);
    const all = await follow('/v1/events?initial=true');
    await eventually(() => expect(all.events().map(({ subject }) => subject)).to.include(alice.id));
    expect(all.events()[0]?.type).to.match(/subscriber-added$/);
    await eventually(() => expect(titlesOf(all, alice)).to.deep.equal(['New']));
  });

  it('is one for each credential: the one before is told so, and ends', async () => {
    const [stream, other] = [await follow(), await follow()];
    await eventually(() => expect(stream.messages.at(-1)).to.deep.include({ event: 'replaced', data: {} }));
    const { key } = await issueKey(api, SUBSCRIBER_SCOPES, ['+86138']);
    const third = await follow('/v1/events', bearer(key));
    await join();
    await Promise.all([other.hears(['subscriber-added']), third.hears(['subscriber-added'])]);
    expect(stream.events()).to.deep.equal([]);
    const { body } = await api.expectStatus(200, api.call('GET', '/v1/subscriptions', undefined, carrier));
    expect(body.subscriptions, 'it is none that is posted').to.deep.equal([]);
  });

  it('tells of the types that are asked for, which the credential may read', async () => {
    const scopes = ['subscriptions:write', 'now-playing:read', 'subscribers:read'];
    const { key } = await issueKey(api, scopes, ['+86138']);
    const refused = (path: string) => api.call('GET', path, undefined, bearer(key));
    await api.expectStatus(403, refused('/v1/events?types=org.earshot.v1.friend-added'));
    await api.expectStatus(400, refused('/v1/events?types=org.earshot.v1.friend-eaten'));
    const stream = await follow('/v1/events?types=org.earshot.v1.now-playing-changed', bearer(key));
    const alice = await join();
    await api.play(alice, { title: 'Asked for', length: 300 });
    await stream.hears(['now-playing-changed']);
    const all = await follow('/v1/events', bearer(key), stream.lastId());
    await eventually(() => expect(all.events().map(({ type }) => type)).to.include(NOW_PLAYING));
    expect(all.events()[0]?.type, 'others than before').to.match(/subscription-restored$/);
    expect(JSON.stringify(all.events())).to.not.contain('audience":"nobody');
    const nothing = await issueKey(api, ['subscriptions:write'], ['+86138']);
    await api.expectStatus(403, api.call('GET', '/v1/events', undefined, bearer(nothing.key)));
  });

  it('ends when the credential is revoked, and nothing is kept of it', async () => {
    const { key, credentialId } = await issueKey(api, SUBSCRIBER_SCOPES, ['+86138']);
    const stream = await follow('/v1/events', bearer(key));
    await join();
    await stream.hears(['subscriber-added']);
    const [name] = stream.lastId().split('.');
    await api.expectStatus(204, api.call('DELETE', `/v1/credentials/${credentialId}`));
    await eventually(() => expect(stream.statuses.at(-1)).to.equal(401));
    await withRedis(stack, async (redis) => {
      await eventually(async () => {
        const kept = (await redis.keys('*')).filter((one) => one.includes(name as string));
        expect(kept).to.deep.equal([]);
      });
    });
  });
});

function titlesOf(stream: CarrierStream, { id }: Person): (string | undefined)[] {
  return stream
    .events()
    .filter(({ type, subject }) => type === NOW_PLAYING && subject === id)
    .map(({ data }) => (data.nowPlaying as { title: string } | null)?.title);
}
