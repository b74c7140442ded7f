import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Child } from '../../../local/children/child.ts';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { SECOND_SERVER, TEST_SERVER } from '../../support/on-server.ts';
import { useRunning } from '../../support/running.ts';
import {
  homesLack,
  FIRST as OP,
  type Servers,
  startSecondComponent,
  startTwoHomes,
  titleOf,
} from '../../support/servers/second-home.ts';
import { connectFriend, type FriendClient, letsIn } from '../../support/xmpp/friend-client.ts';

const PASSWORD = 'of-the-other-account';
/** Milliseconds into a move at which a component is killed. */
const KILLED_AFTER = [0, 40, 150];
const SERVERS: Servers = SECOND_SERVER ? [TEST_SERVER, SECOND_SERVER] : 'one Prosody';

describe(`a subscriber who moves to another home, on ${titleOf(SERVERS)}`, () => {
  const stack = useRunning(() => startTwoHomes(SERVERS, { env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } }));
  let api: Api;
  let second: Child;
  let count = 0;
  /** Of the first home. */
  let alice: Person;
  /** Of the second, and so is Bob, who moves. */
  let carl: Person;
  let bob: Person;
  /** The account at the first home that Bob has, too. */
  let other: string;
  let clients: { alice: FriendClient; carl: FriendClient };

  before(async () => {
    api = createApi(stack);
    await startSecond();
    alice = await api.join('+8613800138000', 'Alice');
    carl = await api.join('+4915146788790', 'Carl');
    bob = await api.join('+4915146788794', 'Bob');
    other = `bob@${OP}`;
    await stack.server().makeAccount(other, PASSWORD);
    clients = { alice: await connectFriend(stack, alice), carl: await connectFriend(stack.second, carl) };
    await api.putBook(alice, [contact(bob, 'Bob')]);
    await api.putBook(carl, [contact(bob, 'Bob')]);
    await api.putBook(bob, [contact(alice, 'Ali'), contact(carl, 'Carl')]);
    for (const client of Object.values(clients)) await both(client, bob.jid);
    await api.play(bob, { title: 'At first', length: 3_600 });
    for (const client of Object.values(clients)) await client.hears(bob.jid, 'At first');
  });

  after(async () => {
    await clients?.alice.leave();
    await clients?.carl.leave();
    await second?.stop();
  });

  async function startSecond(): Promise<void> {
    count += 1;
    second = await startSecondComponent(stack, join(stack.dataDir, 'logs', `second-${count}.log`));
    await homesLack(stack);
  }

  const contact = (person: Person, name: string) => ({ name, phoneNumbers: [person.phoneNumber] });
  const none = (client: FriendClient, jid: string) => client.item(jid, (item) => expect(item, jid).to.equal(undefined));
  const both = (client: FriendClient, jid: string) =>
    client.item(jid, (item) => expect(item, jid).to.include({ jid, subscription: 'both' }));
  const move = (jid: string, status = 200) =>
    api.expectStatus(status, api.call('PATCH', `/v1/subscribers/${bob.id}`, { jid }));
  const own = (jid: string) => ({ jid, password: jid === other ? PASSWORD : bob.password });
  const clientOf = (jid: string) => connectFriend(jid === other ? stack : stack.second, own(jid));

  /**
   * All that was Bob's is at this JID, and nothing at that one. Friends hear the next tune: the one
   * that plays Prosody does not send again to a client that knew this account before (decision 26).
   */
  async function livesAt(jid: string, former: string, next: string): Promise<void> {
    for (const friend of Object.values(clients)) {
      await none(friend, former);
      await both(friend, jid);
    }
    const [present, past] = [await clientOf(jid), await clientOf(former)];
    for (const friend of [alice.jid, carl.jid]) {
      await both(present, friend);
      await none(past, friend);
    }
    await past.hears(former, undefined);
    await eventually(async () => expect(await past.tuneListeners()).to.deep.equal([]));
    await api.play(bob, { title: next, length: 3_600 });
    for (const friend of Object.values(clients)) await friend.hears(jid, next);
    await past.leave();
    await present.leave();
  }

  /** The tunes of Bob that this friend heard, under either JID, as titles; `stopped` where one ended. */
  const heardBy = (client: FriendClient) =>
    client.tunes.map(({ from, tune }) => `${from === other ? 'other' : 'first'}: ${tune.title ?? 'stopped'}`);

  it('has friends and tune there, and nothing where it was, which is emptied first', async () => {
    await api.play(bob, { title: 'On the way', length: 3_600 });
    for (const client of Object.values(clients)) await client.hears(bob.jid, 'On the way');
    for (const client of Object.values(clients)) {
      await client.caughtUp();
      client.tunes.length = 0;
    }
    await move(other);
    for (const client of Object.values(clients)) await client.hears(other, 'On the way');
    expect(heardBy(clients.carl)).to.deep.equal(['first: stopped', 'other: On the way']);
    await livesAt(other, bob.jid, 'There');
  });

  it('plays by its own client there, and goes back', async () => {
    const client = await clientOf(other);
    await client.plays({ title: 'By the own client' });
    await clients.carl.hears(other, 'By the own client');
    await eventually(async () => {
      const [seen] = await api.friends(carl);
      expect(seen?.nowPlaying).to.include({ title: 'By the own client' });
    });
    await client.plays({});
    await client.leave();
    await move(bob.jid);
    await livesAt(bob.jid, other, 'Back');
  });

  it('waits for a former home that is away: shown nowhere else before, moved no further, by the consent of the end', async () => {
    await second.kill();
    await move(other);
    const again = await move(bob.jid, 409);
    expect(again.body.code).to.equal('CONFLICT');
    const block = { discoverable: true, audience: 'friends', privateUntil: null };
    const blocked = [{ phoneNumber: alice.phoneNumber }];
    await api.expectStatus(200, api.call('PUT', api.path(bob, 'privacy'), { ...block, blocked }));
    for (const client of [clients.alice, clients.carl]) {
      await client.caughtUp();
      client.tunes.length = 0;
    }
    await api.play(bob, { title: 'Not for all', length: 3_600 });
    await none(clients.alice, bob.jid);
    await clients.alice.caughtUp();
    expect(heardBy(clients.alice).filter((seen) => seen.startsWith('other'))).to.deep.equal([]);
    await startSecond();
    await both(clients.carl, other);
    await api.play(bob, { title: 'For Carl', length: 3_600 });
    await clients.carl.hears(other, 'For Carl');
    expect(heardBy(clients.carl).filter((seen) => seen.startsWith('first: '))).to.deep.equal(['first: stopped']);
    await none(clients.alice, other);
    await clients.alice.caughtUp();
    expect(clients.alice.tunes.filter(({ tune }) => tune.title !== undefined)).to.deep.equal([]);
    await api.expectStatus(200, api.call('PUT', api.path(bob, 'privacy'), { ...block, blocked: [] }));
    await both(clients.alice, other);
    await move(bob.jid);
    await livesAt(bob.jid, other, 'For both');
  });

  for (const [which, kill, start] of [
    ['the home that is left', () => second.kill(), () => startSecond()],
    [
      'the home that is moved to',
      () => stack.kill('component'),
      async () => {
        await stack.restart('component');
        await homesLack(stack);
      },
    ],
  ] as const)
    for (const after of KILLED_AFTER)
      it(`comes there when the component of ${which} is killed ${after} ms later`, async () => {
        await move(other);
        await sleep(after);
        await kill();
        await start();
        await livesAt(other, bob.jid, `There, ${which}, ${after}`);
        await move(bob.jid);
        await livesAt(bob.jid, other, `Back, ${which}, ${after}`);
      });

  it('is erased at both, as soon as the one that was left is there', async () => {
    await second.kill();
    await move(other);
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${bob.id}`));
    expect(await letsIn(stack.second, bob), 'who is not there deletes nothing').to.equal(true);
    await startSecond();
    // Where the erasure has overtaken her job of the move, her item stays until the home that was away has taken his tune off her screen.
    await none(clients.alice, bob.jid);
    await none(clients.carl, bob.jid);
    for (const client of Object.values(clients)) await none(client, other);
    await eventually(async () => expect(await letsIn(stack.second, bob)).to.equal(false));
    expect(await letsIn(stack, own(other)), 'the user’s own account').to.equal(true);
    const past = await clientOf(other);
    expect(await past.roster()).to.deep.equal([]);
    await past.leave();
    // Both JIDs are free again, as soon as an ejabberd that was left has written everything to its disk.
    const anew = { phoneNumber: bob.phoneNumber, displayName: 'Bob' };
    for (const jid of [other, bob.jid]) {
      const { body } = await eventually(() =>
        api.expectStatus(201, api.call('POST', '/v1/subscribers', { ...anew, jid })),
      );
      await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${body.subscriberId}`));
    }
  });
});
