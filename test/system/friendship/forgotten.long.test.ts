import { expect } from 'chai';
import { PART_NAMES } from '../../../local/stack/stack.ts';
import type { PartName } from '../../../local/stack/stack-plan.ts';
import { type Contact, createApi, type Person } from '../../support/api.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };

describe('what the XMPP server was told in the moment before kill -9', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let carol: Person;
  let bobs: FriendClient;
  let carols: FriendClient;
  let track = 0;

  before(async () => {
    [alice, bob] = await joinPair(api);
    carol = await api.join('+8613700137000');
    for (const person of [bob, carol]) await api.putBook(person, [contact(alice)]);
  });

  beforeEach(async () => {
    await api.putBook(alice, [contact(bob, 'Work'), contact(carol, 'Family')]);
    await consent({});
    await api.settled(alice, bob, carol);
    await workDone(stack);
    // A server that is stopped properly has written all that it was told.
    await stack.restart('server');
    await stack.untilReady();
    await connectFriends();
  });

  afterEach(async () => {
    await leaveFriends();
  });

  const contact = ({ phoneNumber }: Person, group?: string): Contact => ({
    name: phoneNumber,
    phoneNumbers: [phoneNumber],
    groups: group ? [group] : [],
  });
  const consent = (settings: object) =>
    api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), { ...OPEN, ...settings }));
  const leaveFriends = async () => void (await Promise.all([bobs, carols].map((client) => client?.leave())));

  async function connectFriends(): Promise<void> {
    [bobs, carols] = [await connectFriend(stack, bob), await connectFriend(stack, carol)];
  }

  async function play(): Promise<string> {
    track += 1;
    await api.play(alice, { title: `Track ${track}`, length: 600 });
    return `Track ${track}`;
  }

  async function playsToBoth(): Promise<void> {
    const title = await play();
    for (const client of [bobs, carols]) await client.hears(alice.jid, title);
  }

  async function crash(parts: readonly PartName[]): Promise<void> {
    await workDone(stack);
    // Clients that come back by themselves would throw out those who take their place.
    await leaveFriends();
    await Promise.all(parts.map((part) => stack.kill(part)));
    for (const part of PART_NAMES.filter((name) => parts.includes(name))) await stack.restart(part);
    await stack.untilReady();
    await connectFriends();
  }

  async function bobAloneHearsNothing(): Promise<void> {
    await carols.hears(alice.jid, await play());
    await workDone(stack);
    await bobs.caughtUp();
    expect(bobs.tunes.filter(({ from, tune }) => from === alice.jid && tune.title !== undefined)).to.deep.equal([]);
  }

  for (const [what, parts] of [
    ['', ['server']],
    [', and Earshot with it', ['server', 'component', 'gateway', 'worker']],
  ] as const) {
    it(`is told again: who may look no longer hears nothing${what}`, async () => {
      await playsToBoth();
      await consent({ audience: { groups: ['Family'] } });
      await bobs.hears(alice.jid, undefined);
      await crash(parts);
      await bobAloneHearsNothing();
    });

    it(`is told again: who is a friend no longer hears nothing, and is in no roster${what}`, async () => {
      await playsToBoth();
      await api.putBook(alice, [contact(carol, 'Family')]);
      await bobs.item(alice.jid, (item) => expect(item).to.equal(undefined));
      await crash(parts);
      await bobAloneHearsNothing();
      await bobs.item(alice.jid, (item) => expect(item).to.equal(undefined));
    });

    it(`is told again: who has just become a friend is one, and no deletion is taken for a no${what}`, async () => {
      await api.putBook(alice, [contact(carol, 'Family')]);
      await bobs.item(alice.jid, (item) => expect(item).to.equal(undefined));
      await workDone(stack);
      await stack.restart('server');
      await stack.untilReady();
      await leaveFriends();
      await connectFriends();
      await api.putBook(alice, [contact(bob, 'Work'), contact(carol, 'Family')]);
      await bobs.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both' }));
      await crash(parts);
      await bobs.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both' }));
      await playsToBoth();
      expect(await api.friends(bob)).to.have.length(1);
      expect(await api.friends(alice)).to.have.length(2);
    });

    it(`is told again: a tune that had ended is over${what}`, async () => {
      await playsToBoth();
      await workDone(stack);
      await leaveFriends();
      await stack.restart('server');
      await stack.untilReady();
      await connectFriends();
      await api.stop(alice);
      await crash(parts);
      await workDone(stack);
      const later = await connectFriend(stack, carol, undefined, 'later');
      await later.caughtUp();
      expect(later.tunes.filter(({ tune }) => tune.title !== undefined)).to.deep.equal([]);
      await later.leave();
    });
  }
});
