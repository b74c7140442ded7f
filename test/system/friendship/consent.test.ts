import { expect } from 'chai';
import { PART_NAMES } from '../../../local/stack/stack.ts';
import { type Contact, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { type EventStream, openEvents } from '../../support/http/event-stream.ts';
import { whole } from '../../support/length.ts';
import { joinPair } from '../../support/pair.ts';
import { untilWrittenDown } from '../../support/servers/written-down.ts';
import { useStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

/** In every second one, counted over all ways, Alice is online. */
const ROUNDS = whole(5, 1);

type Settings = {
  discoverable: boolean;
  audience: 'friends' | 'nobody' | { groups: string[] };
  privateUntil: string | null;
  blocked: ({ subscriberId: string } | { phoneNumber: string })[];
};
const OPEN: Settings = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };

describe('consent', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);
  /** Whose consent it is; Bob is the friend who loses sight of her, Carol the one who may keep it. The two are friends as well. */
  let alice: Person;
  let bob: Person;
  let carol: Person;
  /** Undefined while she is offline. */
  let alices: FriendClient | undefined;
  let bobs: FriendClient;
  let carols: FriendClient;
  let bobsEvents: EventStream;
  let track = 0;

  const contact = ({ phoneNumber }: Person, name: string, groups: string[] = []): Contact => ({
    uid: name,
    name,
    phoneNumbers: [phoneNumber],
    groups,
  });
  const consent = (settings: Partial<Settings>) =>
    api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), { ...OPEN, ...settings }));
  const nextTitle = () => {
    track += 1;
    return `Track ${track}`;
  };
  const titlesOf = (client: FriendClient) =>
    client.tunes.filter(({ from }) => from === alice.jid).map(({ tune }) => tune.title);
  const viewOf = async (person: Person) =>
    (await api.friends(person)).find(({ subscriberId }) => subscriberId === alice.id);

  before(async () => {
    [alice, bob] = await joinPair(api);
    carol = await api.join('+8613700137000');
    await api.putBook(alice, [contact(bob, 'Bob', ['Work']), contact(carol, 'Carol', ['Family'])]);
    await api.putBook(bob, [contact(alice, 'Alice'), contact(carol, 'Carol')]);
    await api.putBook(carol, [contact(alice, 'Alice'), contact(bob, 'Bob')]);
    await api.settled(alice, bob, carol);
    bobs = await connectFriend(stack, bob);
    carols = await connectFriend(stack, carol);
    bobsEvents = await openEvents(stack, bob);
  });

  after(async () => {
    bobsEvents?.close();
    for (const client of [alices, bobs, carols]) await client?.leave();
  });

  async function playsToAll(): Promise<string> {
    const title = nextTitle();
    await api.play(alice, { title, length: 600 });
    await bobs.hears(alice.jid, title);
    await carols.hears(alice.jid, title);
    await eventually(async () => expect(titleIn(await viewOf(bob))).to.equal(title));
    await eventually(() => expect(lastTold(bobsEvents, alice)).to.equal(title));
    return title;
  }

  /** Whatever Alice plays from now on reaches Bob in no way, nor at his next login. `after` is how many tunes he had heard of her. */
  async function bobHearsNothing(): Promise<void> {
    const [heard, told] = [titlesOf(bobs).length, bobsEvents.events.length];
    const title = nextTitle();
    await api.play(alice, { title, length: 600 });
    await workDone(stack);
    await bobs.caughtUp();
    await hearsCarol();
    expect(titlesOf(bobs).slice(heard), 'tunes at the client').to.be.empty;
    expect(JSON.stringify(bobsEvents.events.slice(told)), 'web events').to.not.contain(title);
    expect(titleIn(await viewOf(bob)), 'the list of friends').to.equal(undefined);
    const later = await connectFriend(stack, bob, undefined, 'later');
    await later.caughtUp();
    expect(
      titlesOf(later).filter((one) => one !== undefined),
      'a client that logs in later',
    ).to.be.empty;
    await later.leave();
  }

  /** What Carol plays comes to Bob after whatever was told to him before. */
  async function hearsCarol(): Promise<void> {
    const title = nextTitle();
    await api.play(carol, { title, length: 600 });
    await bobs.hears(carol.jid, title);
    await eventually(() => expect(lastTold(bobsEvents, carol)).to.equal(title));
  }

  async function restartEverything(): Promise<void> {
    await untilWrittenDown(
      stack,
      [alice, bob, carol].map(({ jid }) => jid),
    );
    await Promise.all(PART_NAMES.map((name) => stack.kill(name)));
    for (const name of PART_NAMES) await stack.restart(name);
    await stack.untilReady();
    await api.settled(alice, bob, carol);
    bobsEvents.close();
    bobsEvents = await openEvents(stack, bob);
    for (const client of [bobs, carols]) await client.leave();
    bobs = await connectFriend(stack, bob);
    carols = await connectFriend(stack, carol);
    // ejabberd is told once more what it may have forgotten, also that nothing plays (decision 248).
    await workDone(stack);
    await bobs.caughtUp();
  }

  /** Each setting: what is put, whether Bob stays a friend, and whether Carol goes on hearing. */
  const cases: { name: string; put: () => Partial<Settings>; friends: boolean; carol: boolean }[] = [
    { name: 'discoverable: false', put: () => ({ discoverable: false }), friends: false, carol: false },
    { name: 'audience: nobody', put: () => ({ audience: 'nobody' }), friends: true, carol: false },
    { name: 'audience: groups', put: () => ({ audience: { groups: ['Family'] } }), friends: true, carol: true },
    {
      name: 'privateUntil',
      put: () => ({ privateUntil: new Date(Date.now() + 600_000).toISOString() }),
      friends: true,
      carol: false,
    },
    { name: 'blocked by id', put: () => ({ blocked: [{ subscriberId: bob.id }] }), friends: false, carol: true },
    {
      name: 'blocked by number',
      put: () => ({ blocked: [{ phoneNumber: bob.phoneNumber }] }),
      friends: false,
      carol: true,
    },
  ];

  for (const [place, { name, put, friends, carol: carolHears }] of cases.entries())
    it(`${name}: the friend’s client and web page lose the tune for good, from the answer on, and get it back`, async () => {
      for (let round = 0; round < ROUNDS; round += 1) {
        // Where Alice is offline, Prosody decides by Bob's roster what he may see of her.
        await alices?.leave();
        alices = (place + round) % 2 === 0 ? undefined : await connectFriend(stack, alice);
        const title = await playsToAll();
        await bobs.caughtUp();
        await consent(put());
        const [heard, told] = [titlesOf(bobs).length, bobsEvents.events.length];
        await bobs.hears(alice.jid, undefined);
        await eventually(() => expect(lastTold(bobsEvents, alice)).to.equal(undefined));
        expect(titleIn(await viewOf(bob))).to.equal(undefined);
        if (!friends) await gone();
        if (carolHears) await carols.hears(alice.jid, title);
        else await carols.hears(alice.jid, undefined);
        if (round === ROUNDS - 1) {
          await bobHearsNothing();
          await restartEverything();
          await bobHearsNothing();
        }
        await workDone(stack);
        await bobs.caughtUp();
        const later = titlesOf(bobs).slice(heard);
        expect(
          later.filter((one) => one !== undefined),
          'tunes after the answer',
        ).to.be.empty;
        expect(JSON.stringify(bobsEvents.events.slice(told)), 'web events after it').to.not.contain(title);
        const now = nextTitle();
        await api.play(alice, { title: now, length: 600 });
        if (carolHears) await carols.hears(alice.jid, now);
        await consent({});
        await bobs.hears(alice.jid, now);
        await eventually(() => expect(lastTold(bobsEvents, alice)).to.equal(now));
        await carols.hears(alice.jid, now);
      }
    });

  async function gone(): Promise<void> {
    await bobs.item(alice.jid, (item) => expect(item).to.equal(undefined));
    if (alices) await alices.item(bob.jid, (item) => expect(item).to.equal(undefined));
    await eventually(async () => expect(await viewOf(bob)).to.equal(undefined));
    await eventually(() => {
      const last = bobsEvents.events.filter(({ event }) => event.startsWith('friend-')).at(-1);
      expect(last).to.deep.equal({ event: 'friend-removed', data: { subscriberId: alice.id } });
    });
  }
});

/** The title in a friend's view; undefined for no tune and for no friend. */
function titleIn(view: Record<string, unknown> | undefined): string | undefined {
  return (view?.nowPlaying as { title?: string } | null | undefined)?.title;
}

/** What the event stream said last about what that friend plays. */
function lastTold({ events }: EventStream, { id }: Person): string | undefined {
  let title: string | undefined;
  for (const { event, data } of events) {
    const about = event === 'friends' ? (data.friends as Record<string, unknown>[]) : [data];
    const view = about.find(({ subscriberId }) => subscriberId === id);
    if (event === 'friends' || (view && (event === 'now-playing' || event === 'friend-added'))) title = titleIn(view);
    if (event === 'friend-removed' && view) title = undefined;
  }
  return title;
}
