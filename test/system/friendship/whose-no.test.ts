import { xml } from '@xmpp/client';
import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinFriends } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

describe('whose no it is', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let alices: FriendClient;
  let bobs: FriendClient;
  let names = 0;

  before(async () => {
    [alice, bob] = await joinFriends(api);
    alices = await connectFriend(stack, alice);
    bobs = await connectFriend(stack, bob);
  });

  after(async () => {
    await alices?.leave();
    await bobs?.leave();
  });

  const isBoth = (client: FriendClient, of: Person) =>
    client.item(of.jid, (item) => expect(item).to.include({ subscription: 'both' }));
  const noesOf = async (person: Person): Promise<string[]> => {
    const { body } = await api.expectStatus(200, api.call('GET', api.path(person, 'export')));
    return (body.turnedDown as unknown as { subscriberId: string }[]).map(({ subscriberId }) => subscriberId);
  };

  /** Another name for the friend has this one roster looked at, and no other. */
  async function putBook(owner: Person, friend: Person): Promise<void> {
    names += 1;
    await api.putBook(owner, [{ uid: 'friend', name: `Friend ${names}`, phoneNumbers: [friend.phoneNumber] }]);
  }

  async function areApart(): Promise<void> {
    for (const person of [alice, bob]) await eventually(async () => expect(await api.friends(person)).to.be.empty);
    await api.settled(alice, bob);
  }

  it('is the one’s who deleted the friend, also where the other’s roster is looked at first', async () => {
    await isBoth(alices, bob);
    await isBoth(bobs, alice);
    await alices.setItem({ jid: bob.jid, subscription: 'remove' });
    await bobs.item(alice.jid, (item) => expect(item, 'by the server').to.include({ subscription: 'none' }));
    await putBook(bob, alice);
    await areApart();
    expect(await noesOf(bob), 'of Bob, who said nothing').to.deep.equal([]);
    expect(await noesOf(alice)).to.deep.equal([bob.id]);
    await bobs.item(alice.jid, (item) => expect(item).to.equal(undefined));
  });

  it('ends with the contact of the one who said it', async () => {
    await api.putBook(alice, []);
    await api.settled(alice, bob);
    await putBook(alice, bob);
    await isBoth(alices, bob);
    await isBoth(bobs, alice);
  });

  it('is said by ending the subscriptions, too', async () => {
    for (const type of ['unsubscribe', 'unsubscribed']) await bobs.xmpp.send(xml('presence', { to: alice.jid, type }));
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'none' }));
    await putBook(bob, alice);
    await areApart();
    expect(await noesOf(bob)).to.deep.equal([alice.id]);
    expect(await noesOf(alice)).to.deep.equal([]);
  });
});
