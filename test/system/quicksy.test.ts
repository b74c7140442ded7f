import { createHash } from 'node:crypto';
import { xml } from '@xmpp/client';
import { expect } from 'chai';
import { registerAccount } from '../../local/prosody-account.ts';
import { type Api, createApi, type Person } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { connectIq, type IqAnswer, type IqClient } from '../support/iq-client.ts';
import { startTestStack } from '../support/stack.ts';

const SYNC = 'im.quicksy.synchronization:0';
const NOTHING = '2jmj7l5rSw0yVb/vlWAYkK/YBwk=';
const [ALICE, BOB, CAROL, DAVE] = ['+447911123456', '+447911123457', '+447911123458', '+447911123459'] as const;

describe('Quicksy clients', () => {
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let api: Api;
  let alice: Person;
  let bob: Person;
  let alices: IqClient;
  let bobs: IqClient;

  before(async () => {
    stack = await startTestStack({ env: { EARSHOT_QUICKSY: 'on', EARSHOT_NUMBER_BUDGET: '6000' } });
    api = createApi(stack);
    [alice, bob] = [await api.join(ALICE, 'Alice'), await api.join(BOB, 'Bob')];
    [alices, bobs] = await Promise.all([connectIq(stack, alice), connectIq(stack, bob)]);
  });

  after(async () => {
    for (const one of [alices, bobs]) await one?.leave();
    await stack?.stop();
  });

  const sync = (who: IqClient, numbers: readonly string[], ver?: string) =>
    who.get(
      xml('phone-book', { xmlns: SYNC, ...(ver ? { ver } : {}) }, ...numbers.map((number) => xml('entry', { number }))),
    );
  /** What a client reads out of an answer: undefined for "nothing has changed". */
  const found = ({ payload, error }: IqAnswer) => {
    expect(error).to.equal(undefined);
    return payload?.getChildren('entry').map((entry) => [entry.attrs.number, entry.getChildText('jid')]);
  };
  const versionOf = (text: string) => createHash('sha1').update(text).digest('base64');

  it('find each other when both phones hold the other, and become friends', async () => {
    const info = await alices.get(xml('query', { xmlns: 'http://jabber.org/protocol/disco#info' }));
    expect(info.payload?.getChildren('feature').map(({ attrs }) => attrs.var)).to.include(SYNC);
    expect(info.payload?.getChildren('identity').map(({ attrs }) => `${attrs.category}/${attrs.type}`)).to.include(
      'store/generic',
    );
    // Bob's phone does not hold her yet.
    expect(found(await sync(alices, [BOB, CAROL]))).to.deep.equal([]);
    expect(found(await sync(bobs, [ALICE]))).to.deep.equal([[ALICE, alice.jid]]);
    expect(found(await sync(alices, [CAROL, BOB]))).to.deep.equal([[BOB, bob.jid]]);
    await eventually(async () => {
      const friends = await api.friends(alice);
      expect(friends.map(({ name, phoneNumber }) => [name, phoneNumber])).to.deep.equal([['Bob', BOB]]);
    });
  });

  it('hear nothing when nothing has changed, and an empty phone-book when everybody is gone', async () => {
    const ver = versionOf(`${BOB}\u001e${bob.jid}`);
    expect(found(await sync(alices, [BOB, CAROL], ver))).to.equal(undefined);
    expect(found(await sync(alices, [BOB, CAROL], NOTHING))).to.deep.equal([[BOB, bob.jid]]);
    expect(found(await sync(alices, [CAROL], ver))).to.deep.equal([]);
    expect(found(await sync(alices, [CAROL], NOTHING))).to.equal(undefined);
    expect(found(await sync(alices, [BOB]))).to.deep.equal([[BOB, bob.jid]]);
  });

  it('get numbers back as they wrote them, and those that are none dropped', async () => {
    const sent = ['00447911123457', 'Bob', '112', '+44', BOB, ''];
    expect(found(await sync(alices, sent))).to.deep.equal([
      ['00447911123457', bob.jid],
      [BOB, bob.jid],
    ]);
  });

  it('keep a book of their own: seen among the sources, nameless where another book has a name, and removable', async () => {
    const sources = async () =>
      ((await api.call('GET', api.path(alice, 'address-book/sources'))).body as { sources?: object[] }).sources;
    expect(await sources()).to.have.length(1);
    expect((await sources())?.[0]).to.deep.include({ name: 'quicksy', state: 'current', contacts: 1 });
    expect((await sources())?.[0]).to.not.have.any.keys('url', 'nextReadAt');
    await api.expectStatus(
      400,
      api.call('PUT', api.path(alice, 'address-book/sources/quicksy'), { url: 'https://dav.invalid/' }),
    );
    await api.expectStatus(404, api.call('POST', api.path(alice, 'address-book/sources/quicksy/read')));
    await api.putBook(alice, [{ name: 'Bobby', phoneNumbers: [BOB] }]);
    const names = async () => (await api.friends(alice)).map(({ name }) => name);
    await eventually(async () => expect(await names()).to.deep.equal(['Bobby']));
    await api.expectStatus(204, api.call('DELETE', api.path(alice, 'address-book')));
    await eventually(async () => expect(await names()).to.deep.equal(['Bob']));
    const { body } = await api.expectStatus(200, api.call('GET', api.path(alice, 'export')));
    expect(JSON.stringify(body)).to.contain('"source":"quicksy"');
    await api.expectStatus(204, api.call('DELETE', api.path(alice, 'address-book/sources/quicksy')));
    await eventually(async () => expect(await names()).to.deep.equal([]));
    expect(await sources()).to.deep.equal([]);
  });

  it('are refused in the protocol’s words: who has no number, and who is over the quota', async () => {
    await registerAccount(stack.prosody(), 'guest@op.example', 'secret');
    const guest = await connectIq(stack, { jid: 'guest@op.example', password: 'secret' });
    expect((await sync(guest, [BOB])).error).to.include({ condition: 'not-authorized' });
    await guest.leave();
    expect((await alices.get(xml('query', { xmlns: SYNC }))).error).to.not.equal(undefined);
    const many = Array.from({ length: 10_000 }, (_, i) => `+4479${String(11_200_000 + i)}`);
    const started = Date.now();
    const { error } = await sync(bobs, many);
    process.stdout.write(`      10,000 numbers over the quota: ${Date.now() - started} ms\n`);
    expect(error).to.include({ condition: 'policy-violation' });
    expect(error?.text).to.match(/^Retry in PT(\d+H)?(\d+M)?(\d+S)?$/);
    // What was paid for stays free, and the others' answers are not disturbed.
    expect(found(await sync(alices, [BOB, DAVE]))).to.deep.equal([]);
  });
});
