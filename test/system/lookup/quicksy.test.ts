import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { xml } from '@xmpp/client';
import { expect } from 'chai';
import { createKeys } from '../../../store/base/keys.ts';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { startSmsReceiver } from '../../support/servers/sms-receiver.ts';
import { startTestStack, withRedis } from '../../support/stack.ts';
import { letsIn } from '../../support/xmpp/friend-client.ts';
import { connectIq, type IqAnswer, type IqClient } from '../../support/xmpp/iq-client.ts';

const SYNC = 'im.quicksy.synchronization:0';
const NOTHING = '2jmj7l5rSw0yVb/vlWAYkK/YBwk=';
const [ALICE, BOB, CAROL, DAVE] = ['+447911123456', '+447911123457', '+447911123458', '+447911123459'] as const;

describe('Quicksy clients', () => {
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let sms: Awaited<ReturnType<typeof startSmsReceiver>>;
  let api: Api;
  let alice: Person;
  let bob: Person;
  let alices: IqClient;
  let bobs: IqClient;

  before(async () => {
    sms = await startSmsReceiver();
    stack = await startTestStack({
      env: {
        EARSHOT_QUICKSY: 'on',
        EARSHOT_ACCOUNT_NAMES: 'number',
        EARSHOT_NUMBER_BUDGET: '6000',
        EARSHOT_LOG_LEVEL: 'trace',
        EARSHOT_SMS_WEBHOOK_URL: sms.url,
        EARSHOT_SMS_WEBHOOK_SECRET: sms.secret,
        EARSHOT_CODE_COUNTRIES: 'GB,GG',
        EARSHOT_CODES_PER_NUMBER: '2/60',
        EARSHOT_CODES_PER_NUMBER_AND_ADDRESS: '1000/1',
        EARSHOT_CODES_PER_ADDRESS: '100/60',
      },
    });
    api = createApi(stack);
    [alice, bob] = [await api.join(ALICE, 'Alice'), await api.join(BOB, 'Bob')];
    [alices, bobs] = await Promise.all([connectIq(stack, alice), connectIq(stack, bob)]);
  });

  after(async () => {
    for (const one of [alices, bobs]) await one?.leave();
    await stack?.stop();
    await sms?.stop();
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
    expect(JSON.stringify(body)).to.contain('"book":"quicksy"');
    await api.expectStatus(204, api.call('DELETE', api.path(alice, 'address-book/sources/quicksy')));
    await eventually(async () => expect(await names()).to.deep.equal([]));
    expect(await sources()).to.deep.equal([]);
  });

  it('are refused in the protocol’s words: who has no number, and who is over the quota', async () => {
    await stack.server().makeAccount('guest@op.example', 'secret');
    const guest = await connectIq(stack, { jid: 'guest@op.example', password: 'secret' });
    expect((await sync(guest, [BOB])).error).to.include({ condition: 'not-authorized' });
    await guest.leave();
    expect((await alices.get(xml('query', { xmlns: SYNC }))).error).to.not.equal(undefined);
    const many = Array.from({ length: 10_000 }, (_, i) => `+4479${String(11_200_000 + i)}`);
    const { error } = await sync(bobs, many);
    expect(error).to.include({ condition: 'policy-violation' });
    expect(error?.text).to.match(/^Retry in PT(\d+H)?(\d+M)?(\d+S)?$/);
    // What was paid for stays free, and the others' answers are not disturbed.
    expect(found(await sync(alices, [BOB, DAVE]))).to.deep.equal([]);
  });

  const clientHeaders = (installation: string) => ({ 'installation-id': installation, 'accept-language': 'en' });
  const requestCode = (number: string, headers: Record<string, string> = clientHeaders(randomUUID())) =>
    fetch(`${stack.gatewayUrl}/authentication/${number}`, { headers });
  const plain = (number: string, pin: string) => Buffer.from(`\u0000${number}\u0000${pin}`).toString('base64');
  const setPassword = (number: string, pin: string, password: string, installation: string) =>
    fetch(`${stack.gatewayUrl}/password`, {
      method: 'POST',
      headers: {
        ...clientHeaders(installation),
        authorization: plain(number, pin),
        'content-type': 'text/plain; charset=utf-8',
      },
      body: password,
    });
  /** The status and the new code. */
  async function codeFor(number: string, installation: string): Promise<string> {
    const before = sms.received.length;
    const answer = await requestCode(number, clientHeaders(installation));
    expect([answer.status, await answer.text()]).to.deep.equal([200, '']);
    await eventually(() => expect(sms.received.length).to.be.greaterThan(before));
    return (await sms.smsTo(number)).code;
  }

  it('register by HTTP: 201 makes the account, 200 gives it another password', async () => {
    const installation = randomUUID();
    const jid = `${CAROL}@op.example`;
    const pin = await codeFor(CAROL, installation);
    const wrong = pin === '000000' ? '111111' : '000000';
    expect((await setPassword(CAROL, wrong, 'first', installation)).status).to.equal(401);
    // Somebody else's installation has asked for no code, and uses up none of the tries.
    expect((await setPassword(CAROL, pin, 'first', randomUUID())).status).to.equal(404);
    expect((await setPassword(CAROL, pin, 'first', installation)).status).to.equal(201);
    expect(await letsIn(stack, { jid, password: 'first' })).to.equal(true);
    expect((await setPassword(CAROL, pin, 'stolen', installation)).status).to.equal(404);
    const again = await codeFor(CAROL, installation);
    expect((await setPassword(CAROL, again, 'sécond', installation)).status).to.equal(200);
    expect(await letsIn(stack, { jid, password: 'sécond' })).to.equal(true);
    expect(await letsIn(stack, { jid, password: 'first' })).to.equal(false);
    const third = await requestCode(CAROL, clientHeaders(randomUUID()));
    expect(third.status).to.equal(429);
    expect(Number(third.headers.get('retry-after'))).to.be.within(1, 60);
  });

  it('leave accounts alone that were not made here', async () => {
    await stack.server().makeAccount('dave@op.example', 'his own');
    await api.expectStatus(201, api.call('POST', '/v1/subscribers', { phoneNumber: DAVE, jid: 'dave@op.example' }));
    const installation = randomUUID();
    const pin = await codeFor(DAVE, installation);
    expect((await setPassword(DAVE, pin, 'taken over', installation)).status).to.equal(409);
    expect(await letsIn(stack, { jid: 'dave@op.example', password: 'his own' })).to.equal(true);
    const erin = '+447911123461';
    await stack.server().makeAccount(`${erin}@op.example`, 'her own');
    const hers = await codeFor(erin, installation);
    expect((await setPassword(erin, hers, 'taken over', installation)).status).to.equal(409);
    expect(await letsIn(stack, { jid: `${erin}@op.example`, password: 'her own' })).to.equal(true);
  });

  it('begin anew with a number whose subscriber was silent for long, as nothing can be asked', async () => {
    const [phoneNumber, installation] = ['+447911123463', randomUUID()];
    const register = async (password: string) =>
      (await setPassword(phoneNumber, await codeFor(phoneNumber, installation), password, installation)).status;
    expect(await register('first')).to.equal(201);
    const former = await api.call('POST', '/v1/subscribers/retrieve', { phoneNumber });
    await withRedis(stack, async (redis) => {
      await redis.hSet(createKeys('earshot').subscriber(String(former.body.subscriberId)), 'heardAt', '0');
    });
    expect(await register('second')).to.equal(201);
    const present = await api.call('POST', '/v1/subscribers/retrieve', { phoneNumber });
    expect(present.body.subscriberId).to.not.equal(former.body.subscriberId);
    await api.expectStatus(404, api.call('GET', `/v1/subscribers/${former.body.subscriberId}`));
    expect(await letsIn(stack, { jid: String(present.body.jid), password: 'second' })).to.equal(true);
    expect(await letsIn(stack, { jid: String(present.body.jid), password: 'first' })).to.equal(false);
  });

  it('hear 400 and 401 for what cannot be read, and 429 when one installation asks for many', async () => {
    const headers = clientHeaders(randomUUID());
    for (const number of ['07911123457', 'Bob', '+4479111234', '%00'])
      expect((await requestCode(number, headers)).status, number).to.equal(400);
    expect((await requestCode('+447911123462', {})).status).to.equal(400);
    expect((await requestCode('+447911123462', { ...headers, 'installation-id': 'x' })).status).to.equal(400);
    const post = (authorization: string | undefined, body: string) =>
      fetch(`${stack.gatewayUrl}/password`, {
        method: 'POST',
        headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
        body,
      }).then(({ status }) => status);
    expect(await post(undefined, 'x')).to.equal(401);
    for (const [authorization, body] of [
      ['?', 'x'],
      [plain(BOB, '12345'), 'x'],
      [plain('Bob', '123456'), 'x'],
      [plain(BOB, '123456'), ''],
      [plain(BOB, '123456'), 'a\u0000b'],
      [plain(BOB, '123456'), 'x'.repeat(100_000)],
    ] as const)
      expect(await post(authorization, body), authorization).to.equal(400);
    const answers = [];
    for (let i = 0; i < 4; i += 1) answers.push((await requestCode(`+44791112347${i}`, headers)).status);
    expect(answers).to.deep.equal([200, 200, 200, 429]);
  });

  it('leave no number in any log, although their URLs hold it', async () => {
    const logs = join(stack.dataDir, 'logs');
    for (const file of await readdir(logs)) {
      const text = await readFile(join(logs, file), 'utf8');
      expect(text.length, file).to.be.greaterThan(0);
      expect(text, file).to.not.match(/\+?44791112\d{4}/);
    }
    const { body } = await api.expectStatus(200, api.call('GET', '/v1/audit?limit=1000'));
    expect(JSON.stringify(body))
      .to.contain('POST /password')
      .and.to.not.match(/44791112/);
  });
});
