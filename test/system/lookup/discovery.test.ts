import { createHash } from 'node:crypto';
import { xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { useStack } from '../../support/stack.ts';
import { connectIq, type IqClient } from '../../support/xmpp/iq-client.ts';

const INFO = 'http://jabber.org/protocol/disco#info';
const ITEMS = 'http://jabber.org/protocol/disco#items';
const GATEWAY = 'jabber:iq:gateway';
const SEARCH = 'jabber:iq:search';
const OPEN = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };
const [ALICE, BOB, CAROL, DAVE, ERIN, FRANK, NOBODY] = [
  '+447911123456',
  '+447911123457',
  '+447911123458',
  '+447911123459',
  '+447911123460',
  '+447911123461',
  '+447911123462',
];

describe('people found by number over XMPP', () => {
  const stack = useStack({
    env: { EARSHOT_NUMBER_BUDGET: '12', EARSHOT_PUBLIC_URL: 'https://tune.op.example' },
  });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let alices: IqClient;
  /** Somebody of the host who is no subscriber. */
  let guests: IqClient;

  before(async () => {
    alice = await api.join(ALICE);
    const [carol, dave, erin, frank] = [
      await api.join(CAROL),
      await api.join(DAVE),
      await api.join(ERIN),
      await api.join(FRANK),
    ];
    bob = await api.join(BOB);
    const holdsAlice = [{ name: 'Alice', phoneNumbers: [ALICE] }];
    // Bob and Alice can be friends; Carol does not hold her, Dave hides, Erin blocks her, and she blocks Frank by number.
    for (const person of [bob, dave, erin, frank]) await api.putBook(person, holdsAlice);
    await consent(dave, { ...OPEN, discoverable: false });
    await consent(erin, { ...OPEN, blocked: [{ subscriberId: alice.id }] });
    await consent(alice, { ...OPEN, blocked: [{ phoneNumber: FRANK }] });
    expect(carol.id).to.not.equal('');
    await stack.server().makeAccount('guest@op.example', 'secret');
    [alices, guests] = await Promise.all([
      connectIq(stack, alice),
      connectIq(stack, { jid: 'guest@op.example', password: 'secret' }),
    ]);
  });

  after(async () => {
    for (const one of [alices, guests]) await one?.leave();
  });

  const consent = (person: Person, settings: object) =>
    api.expectStatus(200, api.call('PUT', api.path(person, 'privacy'), settings));
  const byGateway = (who: IqClient, text: string) => who.set(xml('query', { xmlns: GATEWAY }, xml('prompt', {}, text)));
  const bySearch = (who: IqClient, ...fields: Element[]) => who.set(xml('query', { xmlns: SEARCH }, ...fields));
  const phoneForm = (text: string) =>
    xml(
      'x',
      { xmlns: 'jabber:x:data', type: 'submit' },
      xml('field', { var: 'FORM_TYPE' }, xml('value', {}, SEARCH)),
      xml('field', { var: 'phone' }, xml('value', {}, text)),
    );

  it('says what the component is and can do, and that other nodes are not there', async () => {
    const { payload } = await guests.get(xml('query', { xmlns: INFO }));
    const identities = payload?.getChildren('identity').map(({ attrs }) => `${attrs.category}/${attrs.type}`);
    expect(identities).to.include.members(['component/presence', 'gateway/xmpp', 'directory/user']);
    const features = payload?.getChildren('feature').map(({ attrs }) => attrs.var) ?? [];
    expect(features).to.include.members([
      INFO,
      ITEMS,
      GATEWAY,
      SEARCH,
      'vcard-temp',
      'urn:xmpp:time',
      'jabber:iq:last',
    ]);
    expect(features).to.not.include('im.quicksy.synchronization:0');
    expect(new Set(features).size).to.equal(features.length);
    for (const xmlns of [INFO, ITEMS])
      expect((await guests.get(xml('query', { xmlns, node: 'no-such-node' }))).error).to.include({
        type: 'cancel',
        condition: 'item-not-found',
      });
    expect((await guests.get(xml('query', { xmlns: ITEMS }))).error).to.equal(undefined);
  });

  it('tells its time, for how long it runs, and shows its card with a picture', async () => {
    const time = (await guests.get(xml('time', { xmlns: 'urn:xmpp:time' }))).payload;
    expect(Math.abs(Date.parse(time?.getChildText('utc') ?? '') - Date.now())).to.be.lessThan(60_000);
    expect(time?.getChildText('tzo')).to.equal('Z');
    const last = (await guests.get(xml('query', { xmlns: 'jabber:iq:last' }))).payload;
    expect(Number(last?.attrs.seconds)).to.be.within(0, 600);
    const card = (await guests.get(xml('vCard', { xmlns: 'vcard-temp' }))).payload;
    expect(card?.getChildText('FN')).to.equal('Earshot');
    expect(card?.getChildText('URL')).to.equal('https://tune.op.example');
    const photo = Buffer.from(card?.getChild('PHOTO')?.getChildText('BINVAL') ?? '', 'base64');
    expect(photo.subarray(1, 4).toString()).to.equal('PNG');
    expect(photo.length).to.be.lessThan(8192);
  });

  it('shows who has it as a contact the hash of its picture', async () => {
    await guests.sendPresence();
    await guests.sendPresence({ to: 'tune.op.example', type: 'subscribe' });
    const card = (await guests.get(xml('vCard', { xmlns: 'vcard-temp' }))).payload;
    const photo = Buffer.from(card?.getChild('PHOTO')?.getChildText('BINVAL') ?? '', 'base64');
    await eventually(() => {
      const seen = guests.presences.findLast(({ attrs }) => attrs.from === 'tune.op.example' && !attrs.type);
      const hash = seen?.getChild('x', 'vcard-temp:x:update')?.getChildText('photo');
      expect(hash).to.equal(createHash('sha1').update(photo).digest('hex'));
    });
  });

  it('asks for a phone number, and gives the JID of who can be a friend, however the caller dials it', async () => {
    const { payload } = await alices.get(xml('query', { xmlns: GATEWAY }));
    expect(payload?.getChildText('prompt')).to.equal('Phone number');
    for (const text of [BOB, '07911 123457', '0044 7911 123457', '+44 (7911) 123-457']) {
      const answer = await byGateway(alices, text);
      expect(answer.error, text).to.equal(undefined);
      expect(answer.payload?.getChildText('jid'), text).to.equal(bob.jid);
    }
  });

  it('gives one and the same answer for who is unknown, hidden, one-sided or blocked on either side', async () => {
    for (const number of [NOBODY, CAROL, DAVE, ERIN, FRANK, ALICE]) {
      const { error } = await byGateway(alices, number ?? '');
      expect(error, number).to.deep.equal({
        type: 'cancel',
        condition: 'item-not-found',
        text: 'Nobody whom you can reach has this number.',
      });
      const found = await bySearch(alices, xml('phone', {}, number ?? ''));
      expect(found.payload?.toString(), number).to.equal('<query xmlns="jabber:iq:search"/>');
    }
  });

  it('searches by number alone, and answers a form with a form', async () => {
    const { payload } = await alices.get(xml('query', { xmlns: SEARCH }));
    expect(payload?.getChildElements().map(({ name }) => name)).to.deep.equal(['instructions', 'phone', 'x']);
    const fields = payload
      ?.getChild('x')
      ?.getChildren('field')
      .map(({ attrs }) => attrs.var);
    expect(fields).to.deep.equal(['FORM_TYPE', 'phone']);
    const plain = await bySearch(alices, xml('phone', {}, '07911 123457'));
    const [item] = plain.payload?.getChildren('item') ?? [];
    expect([item?.attrs.jid, item?.getChildText('phone')]).to.deep.equal([bob.jid, BOB]);
    const form = (await bySearch(alices, phoneForm(BOB ?? ''))).payload?.getChild('x');
    expect(form?.attrs.type).to.equal('result');
    const cells = form
      ?.getChild('item')
      ?.getChildren('field')
      .map((cell) => [cell.attrs.var, cell.getChildText('value')]);
    expect(cells).to.deep.equal([
      ['jid', bob.jid],
      ['phone', BOB],
    ]);
    const nobody = (await bySearch(alices, phoneForm(NOBODY ?? ''))).payload?.getChild('x');
    expect(nobody?.getChildren('item')).to.deep.equal([]);
  });

  it('refuses what is no number, names, wildcards, and who is no subscriber', async () => {
    for (const text of ['', 'Bob', '*', '+44*', '112', '+4479111234', 'x'.repeat(5000), `${BOB}; ${CAROL}`]) {
      const { error } = await byGateway(alices, text);
      expect(error, text).to.include({ type: 'modify', condition: 'not-acceptable' });
    }
    expect((await bySearch(alices, xml('nick', {}, 'Bob'))).error?.condition).to.equal('not-acceptable');
    expect((await bySearch(alices)).error?.condition).to.equal('not-acceptable');
    for (const answer of [await byGateway(guests, BOB ?? ''), await bySearch(guests, xml('phone', {}, 'Bob'))])
      expect(answer.error).to.include({ type: 'auth', condition: 'registration-required' });
  });

  it('says when the numbers of a day are used up, and goes on with those that were asked before', async () => {
    const numbers = Array.from({ length: 12 }, (_, i) => `+4479112000${10 + i}`);
    const answers = [];
    for (const number of numbers) answers.push(await byGateway(alices, number));
    const last = answers.at(-1)?.error;
    expect(last).to.include({ type: 'wait', condition: 'policy-violation' });
    expect(last?.text).to.match(/try again in \d+ (minutes|hours)/);
    expect((await bySearch(alices, xml('phone', {}, numbers.at(-1) ?? ''))).error).to.deep.equal(last);
    expect((await byGateway(alices, BOB ?? '')).payload?.getChildText('jid')).to.equal(bob.jid);
  });
});
