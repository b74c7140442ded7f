import { expect } from 'chai';
import type { Static } from 'typebox';
import { Value } from 'typebox/value';
import { ExportView } from '../../../gateway/export/schemas.ts';
import { createNumberKey } from '../../../runtime/secret/number-key.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { bearer, issueKey } from '../../support/http/credentials.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const PHOTO = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const STRANGER = '+8613512345678';

type Export = Static<typeof ExportView>;

describe('what is held about a subscriber', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let dave: Person;
  let alices: FriendClient;
  let text: string;
  let held: Export;
  let hashOf: (number: string) => string;

  before(async () => {
    hashOf = createNumberKey(Buffer.from(stack.env.EARSHOT_NUMBER_KEY ?? '', 'hex'));
    [alice, bob] = await joinPair(api);
    dave = await api.join('+8613600136000', 'Dave');
    alices = await connectFriend(stack, alice, 'Out for lunch');
    for (const one of [bob, dave]) await api.putBook(one, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    const book = (name: string) => `${vcard(name, bob)}${vcard(`${name} too`, dave)}${vcard('Stranger', STRANGER)}`;
    await api.putVcards(alice, book('First'));
    for (const one of [bob, dave])
      await alices.item(one.jid, (item) => expect(item).to.include({ subscription: 'both' }));
    await alices.setItem({ jid: dave.jid, subscription: 'remove' });
    await api.putVcards(alice, book('Mate'));
    await eventually(async () => expect(await api.friends(dave)).to.be.empty);
    const source = { url: 'https://dav.invalid/alice/', username: 'alice', password: 'DavSecret' };
    await api.expectStatus(202, api.call('PUT', api.path(alice, 'address-book/sources/home'), source));
    await api.play(alice, { title: 'Jóga', artist: 'Björk', device: 'phone', length: 600 });
    await api.expectStatus(403, api.call('GET', api.path(alice, 'friends'), undefined, bearer(bob.token)));
    await api.settled(alice, bob, dave);
    const own = await api.expectStatus(
      200,
      api.call('GET', '/v1/subscribers/me/export', undefined, bearer(alice.token)),
    );
    text = own.text;
    held = own.body as unknown as Export;
    expect(own.headers.get('content-disposition')).to.match(/^attachment; filename=/);
  });

  after(async () => alices?.leave());

  it('is one JSON document, of the shape that the API describes', () => {
    expect([...Value.Errors(ExportView, held)]).to.deep.equal([]);
  });

  it('has who the subscriber is, its accounts and its tokens', () => {
    const { id, jid, phoneNumber } = alice;
    expect(held.subscriber).to.deep.include({ id, jid, phoneNumbers: [phoneNumber], displayName: 'Alice' });
    expect(held.accounts).to.deep.equal({ made: [jid], former: [], heard: jid });
    expect(held.tokens).to.have.length(1);
  });

  it('has every contact by the hash of its number, with its names, its groups, its photo and the friend it led to', () => {
    const row = (name: string, number: string, friend?: string) => {
      const told = { book: null, numberHash: hashOf(number), name, groups: ['Work'] };
      return friend ? { ...told, friend } : told;
    };
    expect(held.contacts).to.have.deep.members([
      row('Mate', bob.phoneNumber, bob.id),
      row('Mate too', dave.phoneNumber),
      row('Stranger', STRANGER),
    ]);
    const [photo, ...others] = held.photos ?? [];
    expect(others).to.be.empty;
    expect(photo?.image).to.equal(`data:image/png;base64,${PHOTO}`);
    expect(photo?.numberHashes).to.have.members([bob.phoneNumber, dave.phoneNumber, STRANGER].map(hashOf));
  });

  it('has the friends, the noes, what plays, who is online, and what Earshot did in the roster', () => {
    const [{ since, ...friend } = { since: '' }, ...others] = held.friends ?? [];
    expect(Date.parse(since ?? '')).to.be.within(Date.now() - 600_000, Date.now());
    expect([friend, ...others]).to.deep.equal([
      { subscriberId: bob.id, jid: bob.jid, name: 'Mate', groups: ['Work'], numberHash: hashOf(bob.phoneNumber) },
    ]);
    expect(held.turnedDown).to.deep.equal([{ subscriberId: dave.id, numberHashes: [hashOf(dave.phoneNumber)] }]);
    const { devices } = held.nowPlaying as unknown as { devices: unknown[] };
    expect(devices[0]).to.include({ title: 'Jóga', artist: 'Björk', device: 'phone' });
    expect(held.recentlyPlayed?.[0]).to.include({ title: 'Jóga', artist: 'Björk' });
    expect(held.presence?.[0]).to.include({ status: 'Out for lunch', resource: 'test' });
    expect(held.rosters).to.deep.equal([
      { account: alice.jid, item: bob.jid, did: 'made', name: 'Mate', groups: ['Work'] },
    ]);
  });

  it('has the calls about the subscriber, and of others’ only those', () => {
    const operations = held.audit?.map(({ operation, status }) => `${operation} ${status}`);
    expect(operations).to.include('PUT /v1/subscribers/{subscriberId}/address-book 202');
    expect(operations).to.include('GET /v1/subscribers/{subscriberId}/friends 403');
    expect(operations?.filter((one) => one === 'POST /v1/subscribers 201')).to.have.length(1);
  });

  it('has no secret, and no number but the subscriber’s own', () => {
    for (const secret of [alice.token, alice.password, 'DavSecret', STRANGER.slice(1), stack.operatorKey])
      expect(text).to.not.contain(secret);
  });

  it('is given to a credential with the scope only, and the call is written down', async () => {
    const path = api.path(alice, 'export');
    const { key } = await issueKey(api, ['subscribers:read']);
    await api.expectStatus(403, api.call('GET', path, undefined, bearer(key)));
    const scoped = await issueKey(api, ['subscribers:export']);
    const { body } = await api.expectStatus(200, api.call('GET', path, undefined, bearer(scoped.key)));
    expect(body).to.have.nested.property('subscriber.id', alice.id);
    const { body: page } = await api.call('GET', `/v1/audit?credential=${scoped.credentialId}`);
    expect((page as unknown as { entries: { status: number }[] }).entries).to.have.length(1);
  });
});

function vcard(name: string, person: Person | string): string {
  const number = typeof person === 'string' ? person : person.phoneNumber;
  return `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${name}\r\nTEL:${number}\r\nCATEGORIES:Work\r\nPHOTO;ENCODING=b;TYPE=PNG:${PHOTO}\r\nEND:VCARD\r\n`;
}
