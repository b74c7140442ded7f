import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

for (const policy of ['mutual', 'either'] as const)
  describe(`a one-sided book under the policy ${policy}`, () => {
    const stack = useStack({ policy });
    const api = createApi(stack);
    let alice: Person;
    let bob: Person;
    let clients: FriendClient[];

    before(async () => {
      alice = await api.join('+447400123456', 'Alice Smith');
      bob = await api.join('+447400654321', 'Bob Jones');
      await api.join('+447400111222', 'Carol in nobody’s book');
      clients = await Promise.all([alice, bob].map((person) => connectFriend(stack, person)));
      await api.putBook(alice, [{ name: 'Bobby', phoneNumbers: ['07400 654321'] }]);
      await api.settled(alice, bob);
    });

    after(async () => {
      for (const client of clients ?? []) await client.leave();
    });

    if (policy === 'mutual')
      it('makes no friends, and does not let one see whether the other is a subscriber', async () => {
        await api.play(bob, { title: 'Nobody hears this' });
        const { body: known } = await api.call('GET', api.path(alice, 'address-book'));
        await api.putBook(alice, [{ name: 'A stranger', phoneNumbers: ['07400 999888'] }]);
        await api.settled(alice, bob);
        const { body: unknown } = await api.call('GET', api.path(alice, 'address-book'));
        expect({ ...known, version: 0 }).to.deep.equal({ ...unknown, version: 0 });
        expect(await api.friends(alice)).to.be.empty;
        expect(await clients[0]?.roster()).to.be.empty;
        expect(await clients[1]?.roster()).to.be.empty;
        expect(clients[0]?.tunes).to.be.empty;
      });
    else
      it('makes friends: under the name of the book here, under the display name there, whose number stays untold', async () => {
        const [alices, bobs] = clients as [FriendClient, FriendClient];
        await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bobby' }));
        await bobs.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Alice Smith' }));
        await api.play(alice, { title: 'Heard by one who does not hold me' });
        await bobs.hears(alice.jid, 'Heard by one who does not hold me');
        expect((await api.friends(bob))[0]).to.include({ name: 'Alice Smith', phoneNumber: null });
        expect((await api.friends(alice))[0]).to.include({ name: 'Bobby', phoneNumber: bob.phoneNumber });
      });

    if (policy === 'either')
      it('follows a changed display name where no book has another', async () => {
        await api.expectStatus(200, api.call('PATCH', `/v1/subscribers/${alice.id}`, { displayName: 'Alice Brown' }));
        await clients[1]?.item(alice.jid, (item) => expect(item?.name).to.equal('Alice Brown'));
      });

    it('ends or begins nothing else when the book is deleted', async () => {
      await api.expectStatus(204, api.call('DELETE', api.path(alice, 'address-book')));
      await eventually(async () => expect(await api.friends(alice)).to.be.empty);
      await clients[0]?.item(bob.jid, (item) => expect(item).to.equal(undefined));
      await clients[1]?.item(alice.jid, (item) => expect(item).to.equal(undefined));
      const { body } = await api.call('GET', api.path(alice, 'address-book'));
      expect(body).to.include({ contacts: 0, matched: 0 });
    });
  });
