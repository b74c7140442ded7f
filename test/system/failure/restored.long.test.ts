import { xml } from '@xmpp/client';
import { expect } from 'chai';
import { madeNode } from '../../../component/roster/made-items.ts';
import { type Contact, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { createBackup } from '../../support/put-back.ts';
import { useStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const OPEN = { discoverable: true, audience: 'friends', privateUntil: null };
const PUBSUB = 'http://jabber.org/protocol/pubsub';

describe('a copy of Redis that is put back', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
  const api = createApi(stack);

  const contact = ({ phoneNumber }: Person): Contact => ({ name: `Book ${phoneNumber}`, phoneNumbers: [phoneNumber] });
  const knows = (person: Person, ...others: Person[]) => api.putBook(person, others.map(contact));
  const blocks = (person: Person, ...others: Person[]) =>
    api.expectStatus(
      200,
      api.call('PUT', api.path(person, 'privacy'), {
        ...OPEN,
        blocked: others.map(({ phoneNumber }) => ({ phoneNumber })),
      }),
    );

  const { copy, putBack } = createBackup(stack);

  /** What somebody was shown of another since then, without the ends. */
  const shown = (client: FriendClient, since: number, of: Person) =>
    client.tunes.slice(since).flatMap(({ from, tune }) => (from === of.jid && tune.title ? [tune.title] : []));

  const both = (client: FriendClient, other: Person, name = `Book ${other.phoneNumber}`) =>
    client.item(other.jid, (item) => expect(item).to.include({ subscription: 'both', name }));
  const none = (client: FriendClient, other: Person) =>
    client.item(other.jid, (item) => expect(item).to.equal(undefined));

  it('brings the server back to what it says, and nobody who is no friend by it is shown anything', async () => {
    const people = new Map<string, Person>();
    const clients = new Map<string, FriendClient>();
    const person = (name: string) => people.get(name) as Person;
    const client = (name: string) => clients.get(name) as FriendClient;
    async function join(name: string, phoneNumber: string): Promise<void> {
      people.set(name, await api.join(phoneNumber, name));
      clients.set(name, await connectFriend(stack, person(name)));
    }
    const names = ['alice', 'friend', 'parted', 'later', 'erased', 'moved', 'blocked', 'open', 'byhand'];
    for (const [i, name] of names.entries()) await join(name, `+861380013800${i}`);
    const alice = person('alice');
    const others = names.slice(1).map(person);
    for (const other of others) if (other !== person('byhand')) await knows(other, alice);
    const [friend, parted, erased, moved, blocked, open] = [
      'friend',
      'parted',
      'erased',
      'moved',
      'blocked',
      'open',
    ].map(person) as [Person, Person, Person, Person, Person, Person];

    // By the copy: alice has these friends, and keeps what she plays from one whom she has blocked.
    await knows(alice, friend, parted, erased, moved, blocked, open);
    await api.settled(alice, ...others);
    await client('alice').befriend(person('byhand').jid);
    await client('byhand').befriend(alice.jid);
    await client('alice').setItem({ jid: 'somebody@elsewhere.example', name: 'Mine', groups: ['Own'] });
    await client('alice').item(person('byhand').jid, (item) => expect(item).to.include({ subscription: 'both' }));
    // ejabberd does not send what a client wants whose presence has come before the item was both.
    await client('byhand').appear({});
    await client('alice').setItem({ jid: person('byhand').jid, name: 'By hand', groups: ['Own'] });
    await blocks(alice, open);
    await none(client('open'), alice);
    await api.play(alice, { title: 'At the copy', length: 3_000 });
    await client('friend').hears(alice.jid, 'At the copy');
    await workDone(stack);
    const file = await copy();

    // After it everything is another way round.
    await join('newcomer', '+8613800138099');
    const newcomer = person('newcomer');
    await knows(newcomer, alice, person('later'));
    await knows(person('later'), alice, newcomer);
    await api.expectStatus(200, api.call('PATCH', `/v1/subscribers/${moved.id}`, { phoneNumber: '+8613800138077' }));
    await knows(alice, friend, person('later'), erased, moved, blocked, open, newcomer);
    await blocks(alice, blocked);
    await both(client('later'), alice);
    await both(client('newcomer'), alice);
    await both(client('open'), alice);
    for (const name of ['parted', 'moved', 'blocked']) await none(client(name), alice);
    await client('erased').leave();
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${erased.id}`));
    await client('alice').item(erased.jid, (item) => expect(item).to.equal(undefined));
    await blocks(alice);
    await both(client('blocked'), alice);
    await knows(alice, friend, person('later'), moved, open, newcomer);
    await none(client('blocked'), alice);
    await api.play(newcomer, { title: 'Of a newcomer', length: 3_000 });
    await api.play(person('later'), { title: 'Of a later friend', length: 3_000 });
    await client('alice').hears(newcomer.jid, 'Of a newcomer');
    await client('alice').hears(person('later').jid, 'Of a later friend');
    await api.play(alice, { title: 'After the copy', length: 3_000 });
    for (const name of ['friend', 'later', 'newcomer', 'open', 'byhand'])
      await client(name).hears(alice.jid, 'After the copy');
    await api.stop(alice);
    await client('newcomer').hears(alice.jid, undefined);
    await workDone(stack);
    const strangers = ['later', 'newcomer', 'open', 'byhand'];
    for (const name of clients.keys()) if (name !== 'erased') await client(name).caughtUp();
    const since = new Map([...clients].map(([name, { tunes }]) => [name, tunes.length]));

    await putBack(file);
    await stack.untilReady();

    await api.settled(alice, friend, parted, moved, blocked, open, person('later'));
    await workDone(stack);
    for (const name of ['friend', 'parted', 'moved', 'blocked']) {
      await both(client(name), alice);
      await both(client('alice'), person(name));
    }
    for (const name of ['later', 'newcomer', 'open']) {
      await none(client(name), alice);
      await none(client('alice'), person(name));
    }
    await none(client('later'), newcomer);
    await none(client('newcomer'), person('later'));
    const own = (await client('alice').roster()).filter(({ groups }) => groups.includes('Own'));
    expect(own).to.have.deep.members([
      { jid: person('byhand').jid, subscription: 'both', name: 'By hand', groups: ['Own'] },
      { jid: 'somebody@elsewhere.example', subscription: 'none', name: 'Mine', groups: ['Own'] },
    ]);
    // What the newcomer and the later friend played after the copy has ended.
    for (const name of ['newcomer', 'later'])
      await eventually(() =>
        expect(
          client('alice')
            .tunes.filter(({ from }) => from === person(name).jid)
            .at(-1)?.tune.title,
          `what ${name} plays`,
        ).to.equal(undefined),
      );
    await api.play(alice, { title: 'Back', length: 600 });
    for (const name of ['friend', 'parted', 'moved', 'blocked']) await client(name).hears(alice.jid, 'Back');
    await api.play(parted, { title: 'Of a friend again', length: 600 });
    await client('alice').hears(parted.jid, 'Of a friend again');
    await workDone(stack);
    for (const name of strangers) {
      await client(name).caughtUp();
      expect(shown(client(name), since.get(name) ?? 0, alice), `what ${name} was shown`).to.deep.equal([]);
    }
    expect(shown(client('alice'), since.get('alice') ?? 0, newcomer)).to.deep.equal([]);
    expect(await client('newcomer').tuneListeners(), 'nothing of Earshot is left there').to.deep.equal([]);

    // Nobody has said no, and friendships end and begin as ever.
    expect((await api.friends(alice)).map(({ subscriberId }) => subscriberId)).to.have.members(
      [friend, parted, erased, moved, blocked].map(({ id }) => id),
    );
    await knows(alice, friend, person('later'));
    await none(client('parted'), alice);
    await both(client('later'), alice);
    await api.play(alice, { title: 'As ever', length: 600 });
    await client('later').hears(alice.jid, 'As ever');

    // Nobody but its owner reads what Earshot keeps in an account.
    const nodeOf = ({ jid }: Person) => madeNode(stack.env.EARSHOT_COMPONENT_SECRET ?? '', jid);
    const items = (of: Person) =>
      client('friend').xmpp.iqCaller.request(
        xml('iq', { type: 'get', to: of.jid }, xml('pubsub', { xmlns: PUBSUB }, xml('items', { node: nodeOf(of) }))),
      );
    expect(`${await items(friend)}`).to.contain(alice.jid);
    const refusal = await items(alice).catch((err: { condition?: string }) => err.condition);
    expect(refusal).to.be.oneOf(['forbidden', 'closed-node']);
    await Promise.all([...clients.values()].map((one) => one.leave().catch(() => {})));
  });
});
