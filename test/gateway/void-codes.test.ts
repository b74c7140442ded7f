import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { AUDIENCE, GRANT, startCarrier } from '../support/http/carrier.ts';
import { useRedis } from '../support/redis.ts';

const [NUMBER, NOBODYS] = ['+8613800138000', '+8613900139000'] as const;
const SWAPPED = 'org.camaraproject.sim-swap-subscriptions.v0.swapped';
const RECYCLED = 'org.earshot.v1.number-recycled';
const WRONG = [401, 'UNAUTHENTICATED'];

describe('a code that was sent before the line became another', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let carrier: Awaited<ReturnType<typeof startCarrier>>;

  before(async () => {
    carrier = await startCarrier();
  });
  after(async () => carrier?.stop());

  beforeEach(async () => {
    gateway = await openTestGateway(server, {
      EARSHOT_ASSERTION_ISSUER: carrier.issuer,
      EARSHOT_ASSERTION_JWKS_URL: carrier.jwksUrl,
      EARSHOT_ASSERTION_AUDIENCE: AUDIENCE,
    });
  });
  afterEach(async () => gateway?.stop());

  /** A code for the number, and a way to use it. */
  async function codeFor(phoneNumber: string) {
    // Few are sent within three minutes, and the outbox has the newest first.
    gateway.pass(181_000);
    const { status, body } = await gateway.post('/v1/verification/send-code', { phoneNumber });
    expect(status).to.equal(202);
    const authenticationId = String(body.authenticationId);
    const code = await gateway.codeOf(phoneNumber);
    const validate = async (): Promise<[number, unknown]> => {
      const answer = await gateway.post('/v1/verification/validate-code', { authenticationId, code });
      return [answer.status, answer.body.code ?? answer.body.subscriberId];
    };
    return { authenticationId, validate };
  }

  async function tell(type: string, phoneNumber: string): Promise<void> {
    const event = { specversion: '1.0', id: randomUUID(), source: '/lines', type, data: { phoneNumber } };
    const { status } = await gateway.post('/v1/line-events', event, undefined, gateway.operator);
    expect(status).to.equal(200);
  }

  const tokensOf = async (id: string) => gateway.stores.tokens.list(id, gateway.now());

  it('opens nothing after a swapped SIM, and one that was sent afterwards does', async () => {
    const id = await gateway.join(NUMBER);
    const before = await codeFor(NUMBER);
    await tell(SWAPPED, NUMBER);
    expect(await before.validate()).to.deep.equal(WRONG);
    expect(await tokensOf(id)).to.deep.equal([]);
    const after = await codeFor(NUMBER);
    expect(after.authenticationId, 'says nothing by its length').to.have.lengthOf(before.authenticationId.length);
    expect(await after.validate()).to.deep.equal([200, id]);
  });

  for (const type of [RECYCLED, 'org.earshot.v1.number-ported-out'])
    it(`does not open what belongs to the next owner (${type})`, async () => {
      await gateway.join(NUMBER);
      const before = await codeFor(NUMBER);
      await tell(type, NUMBER);
      const next = await gateway.join(NUMBER);
      expect(await before.validate()).to.deep.equal(WRONG);
      expect(await tokensOf(next)).to.deep.equal([]);
      expect(await (await codeFor(NUMBER)).validate()).to.deep.equal([200, next]);
    });

  it('is answered as that of a number that nobody has', async () => {
    for (const type of [SWAPPED, RECYCLED]) {
      const { validate } = await codeFor(NOBODYS);
      await tell(type, NOBODYS);
      expect(await validate(), type).to.deep.equal(WRONG);
    }
    const { validate } = await codeFor(NOBODYS);
    await gateway.post('/v1/numbers/recycle', { phoneNumber: NOBODYS }, undefined, gateway.operator);
    expect(await validate()).to.deep.equal(WRONG);
    const good = await codeFor('+8613700137000');
    expect((await good.validate())[0], 'no account can be made here').to.equal(503);
  });

  it('is void whichever way the number is written, and no other number’s is', async () => {
    const id = await gateway.join(NUMBER);
    const [written, other] = [await codeFor('+5491123456789'), await codeFor(NUMBER)];
    await gateway.join('+5491123456789');
    await tell(SWAPPED, '+541123456789');
    expect(await written.validate()).to.deep.equal(WRONG);
    expect(await other.validate()).to.deep.equal([200, id]);
  });

  it('leaves no token where it was used in the moment of the swap, nor does an assertion', async () => {
    const id = await gateway.join(NUMBER);
    const { tokens } = gateway.stores;
    const { issue } = tokens;
    const whileOneIsMade = (happens: () => Promise<void>) => {
      tokens.issue = async (...args) => {
        tokens.issue = issue;
        await happens();
        return issue(...args);
      };
    };
    const { validate } = await codeFor(NUMBER);
    whileOneIsMade(() => tell(SWAPPED, NUMBER));
    expect(await validate()).to.deep.equal(WRONG);
    expect(await tokensOf(id)).to.deep.equal([]);

    const exchange = async () => {
      const assertion = await carrier.assert(NUMBER, {}, undefined, gateway.now());
      return gateway.post('/v1/tokens', { grant_type: GRANT, assertion });
    };
    gateway.pass(31_000);
    whileOneIsMade(() => tell(SWAPPED, NUMBER));
    expect(await exchange())
      .to.deep.include({ status: 400 })
      .and.have.nested.property('body.error', 'invalid_grant');
    expect(await tokensOf(id)).to.deep.equal([]);
    gateway.pass(31_000);
    expect((await exchange()).status).to.equal(200);

    const more = await gateway.join('+8613700137000', '+8613600136000');
    const late = await codeFor('+8613600136000');
    const without = { phoneNumber: '+8613700137000', otherPhoneNumbers: [] };
    whileOneIsMade(async () => {
      const url = `/v1/subscribers/${more}`;
      const { status } = await gateway.call({ method: 'PATCH', url, headers: gateway.operator, payload: without });
      expect(status).to.equal(200);
    });
    expect(await late.validate(), 'the number was given up').to.deep.equal(WRONG);
    expect(await tokensOf(more)).to.deep.equal([]);
  });

  for (const type of [SWAPPED, RECYCLED])
    it(`is as void as an assertion from before, by whichever clock, and one that is younger opens what is there then (${type})`, async () => {
      const assertionOf = (claims: (seconds: number) => object = () => ({})) => {
        const now = gateway.now();
        return carrier.assert(NUMBER, { ...claims(Math.floor(now / 1000)) }, undefined, now);
      };
      const exchange = async (assertion: string): Promise<[number, unknown]> => {
        const { status, body } = await gateway.post('/v1/tokens', { grant_type: GRANT, assertion });
        return [status, body.error ?? body.subscriberId];
      };
      const refused = [400, 'invalid_grant'];
      const former = await gateway.join(NUMBER);
      const long = (now: number) => ({ exp: now + 300 });
      const nameless = (now: number) => ({ iat: undefined, exp: now + 300 });
      const ahead = (now: number) => ({ iat: now + 29, exp: now + 300 });
      const before = [await assertionOf(long), await assertionOf(nameless), await assertionOf(ahead)];
      await tell(type, NUMBER);
      const next = type === RECYCLED ? await gateway.join(NUMBER) : former;
      for (const assertion of before) expect(await exchange(assertion)).to.deep.equal(refused);
      expect(await tokensOf(next)).to.deep.equal([]);
      gateway.pass(31_000);
      for (const assertion of before) expect(await exchange(assertion), 'still').to.deep.equal(refused);
      expect(await exchange(await assertionOf())).to.deep.equal([200, next]);
      expect(await exchange(await assertionOf(nameless)), 'it says that it lives five minutes').to.deep.equal([
        200,
        next,
      ]);
      const short = (now: number) => ({ iat: undefined, exp: now + 60 });
      expect(await exchange(await assertionOf(short)), 'it may be four minutes old').to.deep.equal(refused);
      gateway.pass(300_000);
      expect(await exchange(await assertionOf(short))).to.deep.equal([200, next]);
    });

  it('makes no subscriber where the number became another’s after the code was looked at', async () => {
    const { verifications } = gateway.stores;
    const { reserve } = verifications;
    const { validate } = await codeFor(NOBODYS);
    verifications.reserve = async (...args) => {
      await tell(RECYCLED, NOBODYS);
      return reserve(...args);
    };
    expect(await validate(), 'and not that no account can be made here').to.deep.equal(WRONG);
  });
});
