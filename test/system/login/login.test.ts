import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { AUDIENCE, GRANT, startCarrier } from '../../support/http/carrier.ts';
import { openEvents } from '../../support/http/event-stream.ts';
import { startSmsReceiver } from '../../support/servers/sms-receiver.ts';
import { startTestStack, useStack } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

const ALICE = '+8613800138000';
const BOB = '+8613900139000';
const CAROL = '+8613700137000';
/** Nobody's credential. */
const NOBODY = { authorization: '' };

type Login = { subscriberId: string; token: string; jid: string; password?: string };

describe('logging in from a phone', () => {
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let sms: Awaited<ReturnType<typeof startSmsReceiver>>;
  let carrier: Awaited<ReturnType<typeof startCarrier>>;
  let api: Api;
  const tokens: string[] = [];
  const sent: string[] = [];

  before(async () => {
    [sms, carrier] = await Promise.all([startSmsReceiver(), startCarrier()]);
    stack = await startTestStack({
      env: {
        EARSHOT_LOG_LEVEL: 'trace',
        EARSHOT_SMS_WEBHOOK_URL: sms.url,
        EARSHOT_SMS_WEBHOOK_SECRET: sms.secret,
        EARSHOT_SMS_TEXT: 'Your code:\n {code}!',
        EARSHOT_CODE_COUNTRIES: 'CN',
        EARSHOT_CODES_PER_NUMBER: '1000/1',
        EARSHOT_CODES_PER_NUMBER_AND_ADDRESS: '1000/1',
        EARSHOT_CODES_PER_ADDRESS: '1000/1',
        EARSHOT_WRONG_CODES_PER_ADDRESS: '1000/1',
        EARSHOT_ASSERTION_ISSUER: carrier.issuer,
        EARSHOT_ASSERTION_JWKS_URL: carrier.jwksUrl,
        EARSHOT_ASSERTION_AUDIENCE: AUDIENCE,
      },
    });
    api = createApi(stack);
  });

  after(async () => {
    await stack?.stop();
    await Promise.all([sms?.stop(), carrier?.stop()]);
  });

  async function send(phoneNumber: string): Promise<string> {
    const { body } = await api.expectStatus(
      202,
      api.call('POST', '/v1/verification/send-code', { phoneNumber }, NOBODY),
    );
    sent.push(String(body.authenticationId));
    return String(body.authenticationId);
  }

  async function validate(authenticationId: string, code: string, deviceName?: string): Promise<Login> {
    const request = { authenticationId, code, ...(deviceName ? { deviceName } : {}) };
    const { body } = await api.expectStatus(200, api.call('POST', '/v1/verification/validate-code', request, NOBODY));
    tokens.push(String(body.token));
    return body as unknown as Login;
  }

  /** Logs in as a phone does. */
  async function logIn(phoneNumber: string, deviceName?: string): Promise<Login> {
    const before = sms.received.length;
    const authenticationId = await send(phoneNumber);
    await eventually(() => expect(sms.received.length).to.be.greaterThan(before));
    return validate(authenticationId, (await sms.smsTo(phoneNumber)).code, deviceName);
  }

  const own = ({ token }: { token: string }) => ({ authorization: `Bearer ${token}` });
  const asPerson = ({ subscriberId: id, token, jid, password = '' }: Login): Person => ({
    id,
    token,
    jid,
    password,
    phoneNumber: '',
  });

  it('makes a new subscriber with an account that can be used, and the next time knows it again', async () => {
    const first = await logIn(ALICE, 'phone');
    expect(first).to.have.keys('subscriberId', 'token', 'expiresAt', 'jid', 'password');
    expect(first.jid).to.match(/^[a-z]{5}(?:-[a-z]{5}){3}@op\.example$/);
    await (await connectFriend(stack, asPerson(first))).leave();
    const second = await logIn(ALICE, 'tablet');
    expect(second).to.have.keys('subscriberId', 'token', 'expiresAt', 'jid');
    expect(second.subscriberId).to.equal(first.subscriberId);
    for (const login of [first, second])
      await api.expectStatus(200, api.call('GET', '/v1/subscribers/me', undefined, own(login)));
  });

  it('sends the code as the operator words it, signed, and never twice when all is well', async () => {
    const { text, code, expiresAt, id } = await sms.smsTo(ALICE);
    expect(text).to.equal(`Your code: ${code}!`);
    expect(code).to.match(/^\d{6}$/);
    expect(Date.parse(expiresAt) - Date.now()).to.be.within(1, 300_000);
    expect(sms.received.filter((one) => one.id === id)).to.have.length(1);
    expect(sms.faults).to.deep.equal([]);
    await api.expectStatus(404, api.call('GET', '/v1/verification/outbox'));
  });

  it('makes one subscriber of several phones that prove a new number at once, and one password', async () => {
    const asserted = () => carrier.assert('+8613600136000');
    const assertions = await Promise.all([asserted(), asserted(), asserted()]);
    const answers = await Promise.all(
      assertions.map((assertion) => api.call('POST', '/v1/tokens', { grant_type: GRANT, assertion }, NOBODY)),
    );
    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.subscriberId)).size).to.equal(1);
    expect(answers.filter(({ body }) => body.password !== undefined)).to.have.length(1);
  });

  it('lets exactly one of twenty win who validate the code of a new number at once, while its account is being made', async () => {
    const authenticationId = await send('+8613500135000');
    const { code } = await sms.smsTo('+8613500135000');
    const answers = await Promise.all(
      Array.from({ length: 20 }, () =>
        api.call('POST', '/v1/verification/validate-code', { authenticationId, code }, NOBODY),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, ...new Array(19).fill(401)]);
    expect(answers.find(({ status }) => status === 200)?.body).to.have.property('password');
  });

  it('sends the code when the webhook is back, while the code is good', async () => {
    for (const status of [500, 307, 429]) {
      sms.answer(status);
      const seen = sms.refused.length;
      const authenticationId = await send(BOB);
      await eventually(() => expect(sms.refused.length).to.be.greaterThan(seen));
      await sleep(700);
      sms.answer(200);
      await eventually(async () => {
        const { id, code } = await sms.smsTo(BOB);
        expect(id).to.equal(sms.refused.at(-1)?.id);
        await validate(authenticationId, code, 'phone');
      });
    }
  });

  it('sends the code although the worker was killed before, or in the middle of it', async () => {
    await stack.kill('worker');
    const before = await send(CAROL);
    await stack.restart('worker');
    await stack.untilReady();
    const { subscriberId } = await validate(before, (await sms.smsTo(CAROL)).code, 'phone');
    sms.answer(503);
    const seen = sms.refused.length;
    const middle = await send(CAROL);
    await eventually(() => expect(sms.refused.length).to.be.greaterThan(seen));
    await stack.kill('worker');
    sms.answer(200);
    await stack.restart('worker');
    await stack.untilReady();
    await eventually(async () => expect((await sms.smsTo(CAROL)).id).to.equal(sms.refused.at(-1)?.id));
    expect(await validate(middle, (await sms.smsTo(CAROL)).code, 'phone')).to.include({ subscriberId });
  });

  it('lists the tokens of a subscriber’s devices, never the tokens themselves, and not to others', async () => {
    const [phone, tablet] = [await logIn(ALICE, 'phone'), await logIn(ALICE, 'tablet')];
    const { body, text } = await api.expectStatus(
      200,
      api.call('GET', '/v1/subscribers/me/tokens', undefined, own(phone)),
    );
    const listed = body.tokens as unknown as Record<string, string>[];
    for (const entry of listed)
      expect(entry).to.have.keys('tokenId', 'deviceName', 'createdAt', 'lastUsedAt', 'expiresAt', 'current');
    expect(listed.find(({ deviceName }) => deviceName === 'phone')?.lastUsedAt).to.match(/:00:00\.000Z$/);
    expect(listed.map(({ deviceName, current }) => [deviceName, current])).to.have.deep.members([
      ['phone', true],
      ['tablet', false],
    ]);
    expect(text).to.not.contain(phone.token).and.not.contain(tablet.token);
    const bob = await logIn(BOB);
    const alices = `/v1/subscribers/${phone.subscriberId}/tokens`;
    for (const [method, path] of [
      ['GET', alices],
      ['DELETE', alices],
      ['DELETE', `${alices}/${listed[0]?.tokenId}`],
    ] as const)
      await api.expectStatus(403, api.call(method, path, undefined, own(bob)));
    await api.expectStatus(
      404,
      api.call('DELETE', `/v1/subscribers/me/tokens/${listed[0]?.tokenId}`, undefined, own(bob)),
    );
    await api.expectStatus(200, api.call('GET', alices));
  });

  it('ends a token at once when it is revoked or replaced, also on an open event stream', async () => {
    const [phone, tablet] = [await logIn(ALICE, 'phone'), await logIn(ALICE, 'tablet')];
    const list = await api.call('GET', '/v1/subscribers/me/tokens', undefined, own(phone));
    const ids = new Map(
      (list.body.tokens as unknown as Record<string, string>[]).map((one) => [one.deviceName, one.tokenId]),
    );
    const [phones, tablets] = [await openEvents(stack, asPerson(phone)), await openEvents(stack, asPerson(tablet))];
    for (const stream of [phones, tablets]) await stream.next('friends', () => {});

    await api.expectStatus(
      204,
      api.call('DELETE', `/v1/subscribers/me/tokens/${ids.get('tablet')}`, undefined, own(phone)),
    );
    await eventually(() => expect(tablets.ended()).to.equal(true));
    await api.expectStatus(401, api.call('GET', '/v1/subscribers/me', undefined, own(tablet)));
    expect(phones.ended()).to.equal(false);
    await api.expectStatus(
      404,
      api.call('DELETE', `/v1/subscribers/me/tokens/${ids.get('tablet')}`, undefined, own(phone)),
    );

    const replacing = await api.expectStatus(
      201,
      api.call('POST', `/v1/subscribers/${phone.subscriberId}/tokens`, { deviceName: ' phone\u0000 ' }),
    );
    await eventually(() => expect(phones.ended()).to.equal(true));
    await api.expectStatus(401, api.call('GET', '/v1/subscribers/me', undefined, own(phone)));

    const last = { ...phone, token: String(replacing.body.token) };
    const stream = await openEvents(stack, asPerson(last));
    await api.expectStatus(204, api.call('DELETE', '/v1/subscribers/me/tokens', undefined, own(last)));
    await eventually(() => expect(stream.ended()).to.equal(true));
    await api.expectStatus(401, api.call('GET', '/v1/subscribers/me', undefined, own(last)));
  });

  it('writes no code, number, token or authentication id into a log, a metric or a job', async () => {
    const codes = [...sms.received, ...sms.refused].map(({ code }) => code);
    const secrets = [ALICE.slice(1), BOB.slice(1), CAROL.slice(1), '13600136000', ...tokens, ...sent, sms.secret];
    const logs = join(stack.dataDir, 'logs');
    const files = ['gateway.log', 'worker.log', 'component.log'].map((name) => join(logs, name));
    const texts = [
      ...(await Promise.all(files.map((file) => readFile(file, 'utf8')))),
      (await api.call('GET', '/metrics')).text,
    ];
    expect(texts[1]).to.contain('the SMS webhook does not take a code').and.contain('"status":307');
    for (const text of texts) {
      for (const secret of secrets) expect(text.includes(secret), `a secret in ${text.slice(0, 80)}`).to.equal(false);
      for (const code of codes) expect(text).to.not.match(new RegExp(`(?<![\\w.-])${code}(?![\\w.-])`));
    }
    const folder = join(stack.dataDir, 'redis', 'appendonlydir');
    const aof = (await Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')))).join(
      '\n',
    );
    const lines = aof.split('\r\n');
    expect(
      lines.some((line) => /^\{"id":"[\w-]{43}"\}$/.test(line)),
      'jobs that name a code',
    ).to.equal(true);
    for (const code of codes) expect(lines.some((line) => line === code || line.includes(`"${code}"`))).to.equal(false);
    for (const secret of [...tokens, ...sent]) expect(aof.includes(secret)).to.equal(false);
  });
});

describe('logging in without a webhook', () => {
  const stack = useStack();
  const api = createApi(stack);

  it('lets the code wait in the outbox until it is used, and the worker’s log says that one waits', async () => {
    const { body } = await api.expectStatus(
      202,
      api.call('POST', '/v1/verification/send-code', { phoneNumber: ALICE }, NOBODY),
    );
    const log = async () => readFile(join(stack.dataDir, 'logs', 'worker.log'), 'utf8');
    await eventually(async () => expect(await log()).to.contain('a code waits: GET /v1/verification/outbox shows it'));
    const outbox = async () =>
      (await api.expectStatus(200, api.call('GET', '/v1/verification/outbox'))).body.codes as unknown as Record<
        string,
        string
      >[];
    const [waiting] = await outbox();
    expect(waiting).to.include({ phoneNumber: ALICE, expiresAt: body.expiresAt });
    const code = waiting?.code ?? '';
    expect(await log())
      .to.not.contain(code)
      .and.not.contain(ALICE.slice(1));
    const login = { authenticationId: body.authenticationId, code };
    await api.expectStatus(200, api.call('POST', '/v1/verification/validate-code', login, NOBODY));
    expect(await outbox()).to.deep.equal([]);
    await api.expectStatus(401, api.call('POST', '/v1/verification/validate-code', login, NOBODY));
  });

  it('sends a number no second code within half a minute, however it is written', async () => {
    const answer = await api.expectStatus(
      429,
      api.call('POST', '/v1/verification/send-code', { phoneNumber: '+86 138-0013-8000' }, NOBODY),
    );
    expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 30);
  });
});
