import { xml } from '@xmpp/client';
import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

describe('a roster that belongs to its user', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let alices: FriendClient;
  let bobs: FriendClient;

  const bookOf = (name: string, groups: string[] = []) => [{ uid: 'bob', name, phoneNumbers: ['13900139000'], groups }];

  before(async () => {
    [alice, bob] = await joinPair(api);
    alices = await connectFriend(stack, alice);
    bobs = await connectFriend(stack, bob);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: ['13800138000'] }]);
  });

  after(async () => {
    await alices?.leave();
    await bobs?.leave();
  });

  it('keeps an item that the user made, with its name and groups, before and after the friendship', async () => {
    await alices.setItem({ jid: bob.jid, name: 'My Bob', groups: ['Choir'] });
    await alices.setItem({ jid: 'someone@elsewhere.example', name: 'Someone' });
    await api.putBook(alice, bookOf('Bob of the book', ['Band']));
    await alices.item(bob.jid, (item) =>
      expect(item).to.deep.equal({ jid: bob.jid, subscription: 'both', name: 'My Bob', groups: ['Choir'] }),
    );
    await bobs.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Alice' }));
    await api.play(bob, { title: 'Through an item of her own' });
    await alices.hears(bob.jid, 'Through an item of her own');
    await api.putBook(alice, []);
    await alices.item(bob.jid, (item) =>
      expect(item).to.deep.equal({ jid: bob.jid, subscription: 'none', name: 'My Bob', groups: ['Choir'] }),
    );
    await bobs.item(alice.jid, (item) => expect(item).to.equal(undefined));
    expect((await alices.roster()).map((item) => item.jid)).to.include('someone@elsewhere.example');
    await alices.setItem({ jid: bob.jid, subscription: 'remove' });
  });

  it('keeps a name and groups that the user set later, while the book goes on changing', async () => {
    await api.putBook(alice, bookOf('Bob'));
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob' }));
    await alices.setItem({ jid: bob.jid, name: 'Bobby!', groups: ['Friends'] });
    await api.putBook(alice, bookOf('Bob Li', ['Work']));
    await api.settled(alice, bob);
    await alices.item(bob.jid, (item) =>
      expect(item).to.deep.equal({ jid: bob.jid, subscription: 'both', name: 'Bobby!', groups: ['Friends'] }),
    );
    expect((await api.friends(alice))[0]?.name, 'the API shows the book').to.equal('Bob Li');
  });

  it('does not get an item back that the user deleted, and takes that as a no for both', async () => {
    await alices.setItem({ jid: bob.jid, subscription: 'remove' });
    await api.putBook(alice, bookOf('Bob once more'));
    await eventually(async () => expect(await api.friends(alice)).to.be.empty);
    await eventually(async () => expect(await api.friends(bob)).to.be.empty);
    await api.settled(alice, bob);
    await bobs.item(alice.jid, (item) => expect(item).to.equal(undefined));
    await api.putBook(bob, [{ name: 'Alice, another name', phoneNumbers: ['13800138000'] }]);
    await api.settled(alice, bob);
    expect((await alices.roster()).map((item) => item.jid)).to.not.include(bob.jid);
    await api.play(bob, { title: 'Not for Alice any more' });
    await api.settled(alice, bob);
    expect(alices.tunes.map((seen) => seen.tune.title)).to.not.include('Not for Alice any more');
  });

  it('may have the friend again when the contact left the book and came back', async () => {
    await api.putBook(alice, []);
    await api.settled(alice, bob);
    await api.putBook(alice, bookOf('Bob is back'));
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob is back' }));
    await bobs.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both' }));
  });

  it('asks nobody any more, once the two are friends, whether the other may see the presence', async () => {
    const [carol, dave] = [await api.join('+8613700137000'), await api.join('+8613600136000')];
    const carols = await connectFriend(stack, carol);
    let daves = await connectFriend(stack, dave);
    const requests = () => daves.presences.filter(({ from, type }) => from === carol.jid && type === 'subscribe');
    await carols.xmpp.send(xml('presence', { to: dave.jid, type: 'subscribe' }));
    await eventually(() => expect(requests()).to.have.length(1));
    await api.putBook(carol, [{ name: 'Dave', phoneNumbers: [dave.phoneNumber] }]);
    await api.putBook(dave, [{ name: 'Carol', phoneNumbers: [carol.phoneNumber] }]);
    await daves.item(carol.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    await carols.item(dave.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    // The request is settled after the items are set.
    await workDone(stack);
    await daves.leave();
    daves = await connectFriend(stack, dave);
    await eventually(() => expect(daves.presences.map(({ from }) => from.split('/')[0])).to.include(carol.jid));
    // Its answer comes after everything that the login has brought.
    await daves.item(carol.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    expect(requests()).to.deep.equal([]);
    await carols.leave();
    await daves.leave();
  });
});
