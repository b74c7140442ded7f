import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient, letsIn } from '../../support/xmpp/friend-client.ts';

const NUMBER = '+8613800138000';
const PHOTO = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

for (const policy of ['mutual', 'either'] as const)
  describe(`a number that is recycled, under ${policy}`, () => {
    const stack = useStack({ policy, env: { EARSHOT_PUBLISH_INTERVAL_MS: '200' } });
    const api = createApi(stack);
    let carol: Person;
    let dave: Person;
    let carols: FriendClient;

    const idsOf = async (person: Person) => (await api.friends(person)).map(({ subscriberId }) => subscriberId);
    const holding = (name: string, phoneNumber: string) => [{ uid: 'x', name, phoneNumbers: [phoneNumber] }];

    before(async () => {
      carol = await api.join('+8613700137000', 'Carol');
      dave = await api.join('+8613600136000', 'Dave');
      carols = await connectFriend(stack, carol);
      await api.putBook(carol, holding('Alice', NUMBER));
    });

    after(async () => carols?.leave());

    /** Somebody with a whole life behind the number, seen by Carol, and turned down by nobody but Dave. */
    async function live(): Promise<Person> {
      const alice = await eventually(() => api.join(NUMBER, 'Alice'));
      const alices = await connectFriend(stack, alice);
      await alices.setItem({ jid: 'secret@elsewhere.example', name: 'My secret' });
      await api.putVcards(alice, `${vcard('Carol', carol.phoneNumber)}${vcard('Dave', dave.phoneNumber)}`);
      await api.putBook(dave, holding('Alice', NUMBER));
      await alices.item(carol.jid, (item) => expect(item).to.include({ subscription: 'both' }));
      await alices.item(dave.jid, (item) => expect(item).to.include({ subscription: 'both' }));
      await alices.setItem({ jid: dave.jid, subscription: 'remove' });
      await api.putVcards(alice, `${vcard('Carol', carol.phoneNumber)}${vcard('Dave!', dave.phoneNumber)}`);
      await eventually(async () => expect(await idsOf(dave)).to.be.empty);
      await api.play(alice, { title: 'Alice’s last tune', length: 600 });
      await carols.hears(alice.jid, 'Alice’s last tune');
      await alices.leave();
      await carols.say(alice.jid, 'For Alice’s eyes only');
      return alice;
    }

    it('gives the new owner nothing of the one who left: no friend, no no, no tune, no token, no photo, no password, no account', async () => {
      const alice = await live();
      const heard = carols.tunes.length;
      await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${alice.id}`));
      await carols.item(alice.jid, (item) => expect(item).to.equal(undefined));
      const heir = await eventually(() => api.join(NUMBER, 'Zoe'));
      expect(heir.jid, 'the name of the account').to.not.equal(alice.jid);
      await api.settled(carol, dave, heir);

      const old = { authorization: `Bearer ${alice.token}` };
      expect((await api.call('GET', '/v1/subscribers/me', undefined, old)).status).to.equal(401);
      expect((await api.call('GET', `/v1/subscribers/${alice.id}`)).status).to.equal(404);
      await eventually(async () => expect(await letsIn(stack, alice), 'the old password').to.equal(false));

      const zoes = await connectFriend(stack, heir);
      expect((await zoes.roster()).map((item) => item.jid)).to.have.members(
        policy === 'either' ? [carol.jid, dave.jid] : [],
      );
      expect(await idsOf(heir)).to.have.members(policy === 'either' ? [carol.id, dave.id] : []);
      expect((await api.call('GET', api.path(heir, 'now-playing'))).status).to.equal(204);
      expect((await api.call('GET', api.path(heir, 'address-book'))).body).to.include({ contacts: 0, matched: 0 });

      await api.putBook(heir, [
        { uid: 'c', name: 'Zoe’s Carol', phoneNumbers: [carol.phoneNumber] },
        { uid: 'd', name: 'Zoe’s Dave', phoneNumbers: [dave.phoneNumber] },
      ]);
      await zoes.item(carol.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Zoe’s Carol' }));
      await zoes.item(dave.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Zoe’s Dave' }));
      expect((await api.friends(heir)).map(({ avatar }) => avatar)).to.deep.equal([null, null]);
      await api.play(heir, { title: 'Zoe’s own' });
      await carols.hears(heir.jid, 'Zoe’s own');
      const titles = carols.tunes.slice(heard).map(({ tune }) => tune.title);
      expect(titles).to.not.include('Alice’s last tune');
      expect(zoes.messages).to.be.empty;
      await zoes.leave();
      await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${heir.id}`));
      await carols.item(heir.jid, (item) => expect(item).to.equal(undefined));
    });

    it('leaves who changed number the account, and gives the new owner another one', async () => {
      const alice = await live();
      await api.expectStatus(200, api.call('PATCH', `/v1/subscribers/${alice.id}`, { phoneNumber: '+8613500135000' }));
      if (policy === 'mutual') await carols.item(alice.jid, (item) => expect(item).to.equal(undefined));
      const { body } = await api.expectStatus(201, api.call('POST', '/v1/subscribers', { phoneNumber: NUMBER }));
      expect(body.jid).to.not.equal(alice.jid);
      const zoe = { ...alice, id: String(body.subscriberId) };
      await api.settled(carol, dave, alice);
      await eventually(async () =>
        expect(await idsOf(zoe)).to.have.members(policy === 'either' ? [carol.id, dave.id] : []),
      );
      expect(await idsOf(alice)).to.deep.equal(policy === 'either' ? [carol.id] : []);
      expect((await api.call('GET', `/v1/subscribers/${alice.id}`)).body).to.include({ jid: alice.jid });
      const alices = await connectFriend(stack, alice);
      expect((await alices.roster()).map((item) => item.jid)).to.include('secret@elsewhere.example');
      await eventually(() => expect(alices.messages).to.deep.equal(['For Alice’s eyes only']));
      await alices.leave();
    });
  });

function vcard(name: string, number: string): string {
  return `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${name}\r\nTEL:${number}\r\nPHOTO;ENCODING=b;TYPE=PNG:${PHOTO}\r\nEND:VCARD\r\n`;
}
