import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { type EventStream, openEvents } from '../../support/http/event-stream.ts';
import { joinPair } from '../../support/pair.ts';
import { shortSession } from '../../support/short-session.ts';
import { useStack } from '../../support/stack.ts';

const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };

describe('while the XMPP server is away, a friend’s event stream', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let stream: EventStream;

  before(async () => {
    [alice, bob] = await joinPair(api);
    await api.putBook(alice, [{ name: 'Bob', phoneNumbers: [bob.phoneNumber], groups: ['Work'] }]);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    await api.settled(alice, bob);
    await stack.kill('server');
    stream = await openEvents(stack, bob);
    await stream.next('friends', ({ friends }) => expect(friends).to.have.length(1));
  });

  beforeEach(() => {
    stream.events.length = 0;
  });

  after(async () => {
    stream?.close();
  });

  const consent = (settings: object) =>
    api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), { ...OPEN, ...settings }));

  /** What Bob was told of Alice, in its order; null for nothing. */
  const told = () =>
    stream.events.flatMap(({ event, data }) =>
      event === 'now-playing' ? [(data.nowPlaying as { title: string } | null)?.title ?? null] : [],
    );
  const tells = (...titles: (string | null)[]) => eventually(() => expect(told()).to.deep.equal(titles));

  it('has a new tune, the next one, and the stop', async () => {
    await api.play(alice, { title: 'First', length: 600 });
    await tells('First');
    await api.play(alice, { title: 'Second', length: 600 });
    await tells('First', 'Second');
    await api.stop(alice);
    await tells('First', 'Second', null);
  });

  it('has the end of a tune that runs out, and the one of another device that plays on', async () => {
    await api.play(alice, { title: 'Long', length: 600, device: 'tv' });
    await tells('Long');
    await api.play(alice, { title: 'Short', length: 1, device: 'phone' });
    await tells('Long', 'Short', 'Long');
    await api.stop(alice);
    await tells('Long', 'Short', 'Long', null);
  });

  it('has nothing any more from whoever withdraws its consent, and has it back with it', async () => {
    await api.play(alice, { title: 'Shared', length: 600 });
    await tells('Shared');
    const family = { groups: ['Family'] };
    for (const [i, settings] of [{ audience: 'nobody' }, { audience: family }].entries()) {
      await consent(settings);
      await eventually(() => expect(told().slice(1 + 2 * i)).to.deep.equal([null]));
      await consent({});
      await eventually(() => expect(told().slice(1 + 2 * i)).to.deep.equal([null, 'Shared']));
    }
    await consent({ audience: 'nobody' });
    await tells('Shared', null, 'Shared', null, 'Shared', null);
    await api.play(alice, { title: 'For those at work', length: 600 });
    await consent({ audience: { groups: ['Work'] } });
    await tells('Shared', null, 'Shared', null, 'Shared', null, 'For those at work');
    await api.stop(alice);
    await tells('Shared', null, 'Shared', null, 'Shared', null, 'For those at work', null);
    await consent({});
  });

  it('has the tune when a private session is over by itself', async () => {
    await consent({ privateUntil: new Date(Date.now() + 3_600_000).toISOString() });
    await api.play(alice, { title: 'Outlasts the session', length: 600 });
    expect((await api.friends(bob))[0]).to.include({ nowPlaying: null });
    await shortSession((privateUntil) => consent({ privateUntil }));
    await tells('Outlasts the session');
    expect((await api.friends(bob))[0]).to.have.nested.property('nowPlaying.title', 'Outlasts the session');
    await api.stop(alice);
    await tells('Outlasts the session', null);
    await consent({});
  });

  it('has as little of a friend who blocks it as the page', async () => {
    await api.play(alice, { title: 'Before the block', length: 600 });
    await tells('Before the block');
    await consent({ blocked: [{ subscriberId: bob.id }] });
    await eventually(() => expect(stream.events.at(-1)?.event).to.equal('friend-removed'));
    await api.play(alice, { title: 'After the block', length: 600 });
    await consent({});
    await stream.next('friend-added', (data) =>
      expect(data).to.have.nested.property('nowPlaying.title', 'After the block'),
    );
    expect(told()).to.not.include('After the block');
    await api.stop(alice);
  });

  it('goes with a history of what friends were shown, and of nothing else', async () => {
    await consent({ privateUntil: new Date(Date.now() + 3_600_000).toISOString() });
    await api.play(alice, { title: 'Off the record', length: 600 });
    await api.stop(alice);
    await consent({});
    await api.play(alice, { title: 'On the record', length: 600 });
    const { body } = await api.expectStatus(200, api.call('GET', api.path(alice, 'export')));
    const titles = (body.recentlyPlayed as unknown as { title: string }[]).map(({ title }) => title);
    expect(titles).to.include('On the record').and.to.not.include('Off the record');
  });
});
