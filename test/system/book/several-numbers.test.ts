import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { openEvents } from '../../support/http/event-stream.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

describe('several numbers for one subscriber', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let alices: FriendClient;

  const WORK = '+4915146788794';
  const HOME = '+4915146788795';
  const view = async (person: Person) => (await api.call('GET', `/v1/subscribers/${person.id}`)).body;
  const patch = (person: Person, body: object) => api.call('PATCH', `/v1/subscribers/${person.id}`, body);
  const retrieve = (phoneNumber: string) => api.call('POST', '/v1/subscribers/retrieve', { phoneNumber });

  before(async () => {
    [alice, bob] = await joinPair(api);
    alices = await connectFriend(stack, alice);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
  });

  after(async () => alices?.leave());

  it('are all shown and all found, and belong to nobody else', async () => {
    const { body } = await api.expectStatus(200, patch(bob, { otherPhoneNumbers: ['+49 1514 6788794', HOME] }));
    expect(body).to.deep.include({ phoneNumber: bob.phoneNumber, otherPhoneNumbers: [WORK, HOME] });
    for (const number of [bob.phoneNumber, WORK, HOME])
      expect((await api.expectStatus(200, retrieve(number))).body.subscriberId).to.equal(bob.id);
    for (const refused of [
      api.call('POST', '/v1/subscribers', { phoneNumber: WORK, jid: 'x@op.example' }),
      api.call('POST', '/v1/subscribers', {
        phoneNumber: '+8613600136000',
        otherPhoneNumbers: ['+8613600136001', HOME],
        jid: 'x@op.example',
      }),
      patch(alice, { otherPhoneNumbers: [WORK] }),
      patch(alice, { phoneNumber: HOME }),
    ])
      expect((await api.expectStatus(409, refused)).body.code).to.equal('ALREADY_EXISTS');
    await api.expectStatus(404, retrieve('+8613600136001'));
    expect(await view(alice)).to.deep.include({ phoneNumber: alice.phoneNumber, otherPhoneNumbers: [] });
  });

  it('are refused as a whole when one is no number, or there are too many', async () => {
    const bad = await api.expectStatus(400, patch(bob, { otherPhoneNumbers: [WORK, '123'] }));
    expect(bad.body.detail).to.contain('otherPhoneNumbers');
    const many = Array.from({ length: 10 }, (_, i) => `+861360013601${i}`);
    await api.expectStatus(400, patch(bob, { otherPhoneNumbers: many }));
    expect((await view(bob)).otherPhoneNumbers).to.deep.equal([WORK, HOME]);
  });

  it('match by any of them, under the name and the number that the book has, and no other', async () => {
    await api.putVcards(alice, vcard('Bob at work', WORK));
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob at work' }));
    const [friend] = await api.friends(alice);
    expect(friend).to.include({ subscriberId: bob.id, phoneNumber: WORK, name: 'Bob at work' });
    expect(await api.picture(friend?.avatar), 'the photo beside that number').to.match(/^data:image\/png/);
    // Bob's JID, which Earshot made, tells the primary number; nothing else does.
    const told = JSON.stringify({ ...friend, jid: '' });
    expect(told).to.not.contain(bob.phoneNumber);
    expect(told).to.not.contain(HOME);
  });

  it('prefer the primary one', async () => {
    const events = await openEvents(stack, alice);
    await api.putBook(alice, [
      { uid: 'w', name: 'Bob at work', phoneNumbers: [WORK] },
      { uid: 'p', name: 'Bob himself', phoneNumbers: [bob.phoneNumber] },
    ]);
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob himself' }));
    await events.next('friend-added', (data) => expect(data).to.include({ phoneNumber: bob.phoneNumber }));
    events.close();
  });

  it('keep the friendship while the book holds one of them that is still theirs', async () => {
    await api.expectStatus(200, patch(bob, { phoneNumber: WORK }));
    expect(await view(bob)).to.deep.include({ phoneNumber: WORK, otherPhoneNumbers: [HOME] });
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob at work' }));
    await api.expectStatus(404, retrieve(bob.phoneNumber));
    await api.expectStatus(200, patch(bob, { phoneNumber: bob.phoneNumber, otherPhoneNumbers: [] }));
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob himself' }));
    await api.putBook(alice, [{ uid: 'w', name: 'Bob at work', phoneNumbers: [WORK] }]);
    await alices.item(bob.jid, (item) => expect(item).to.equal(undefined));
    await api.expectStatus(404, retrieve(HOME));
  });

  it('count for the other side of mutual, too, and a deleted friend stays a no until the last of them has left the book', async () => {
    await api.expectStatus(200, patch(alice, { otherPhoneNumbers: ['+8613600136005'] }));
    await api.expectStatus(200, patch(bob, { otherPhoneNumbers: [WORK] }));
    await api.putBook(bob, [{ name: 'Alice at home', phoneNumbers: ['+8613600136005'] }]);
    await api.putBook(alice, [{ uid: 'b', name: 'Bob', phoneNumbers: [WORK, bob.phoneNumber] }]);
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob' }));
    await alices.setItem({ jid: bob.jid, subscription: 'remove' });
    await api.putBook(alice, [{ uid: 'b', name: 'Bob?', phoneNumbers: [WORK] }]);
    await eventually(async () => expect(await api.friends(bob)).to.be.empty);
    await api.settled(alice, bob);
    expect(await api.friends(alice)).to.be.empty;
    await api.putBook(alice, []);
    await api.settled(alice, bob);
    await api.putBook(alice, [{ uid: 'b', name: 'Bob!', phoneNumbers: [WORK] }]);
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob!' }));
  });

  it('are all free when their subscriber has gone', async () => {
    await stack.server().makeAccount('dora@op.example', 'secret');
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${bob.id}`));
    const body = { phoneNumber: WORK, otherPhoneNumbers: [bob.phoneNumber, WORK], jid: 'dora@op.example' };
    const created = await eventually(() => api.expectStatus(201, api.call('POST', '/v1/subscribers', body)));
    expect(created.body).to.deep.include({ phoneNumber: WORK, otherPhoneNumbers: [bob.phoneNumber] });
  });
});

function vcard(name: string, number: string): string {
  const photo = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
  return `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${name}\r\nTEL:${number}\r\nPHOTO;ENCODING=b;TYPE=PNG:${photo}\r\nEND:VCARD\r\n`;
}
