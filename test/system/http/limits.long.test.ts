import { expect } from 'chai';
import { type Answer, type Api, createApi, type Person } from '../../support/api.ts';
import { bearer, issueKey } from '../../support/http/credentials.ts';
import { type ExtraGateway, startExtraGateway } from '../../support/http/extra-gateway.ts';
import { useStack } from '../../support/stack.ts';

const LIMITS = {
  EARSHOT_LIMIT_SUBSCRIBER: '20',
  EARSHOT_LIMIT_CARRIER: '30',
  EARSHOT_LIMIT_ADDRESS: '50',
  EARSHOT_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8',
};

describe('limits', () => {
  const stack = useStack({ env: LIMITS });
  const api = createApi(stack);
  let second: ExtraGateway;
  let other: Api;
  let addresses = 0;

  before(async () => {
    second = await startExtraGateway(stack);
    other = createApi({ gatewayUrl: second.url, operatorKey: stack.operatorKey });
  });

  after(async () => second?.stop());

  /** An address as a trusted proxy tells it; each time another one unless it is named. */
  function from(address?: string): Record<string, string> {
    addresses += 1;
    return { 'x-forwarded-for': address ?? `198.51.100.${addresses}` };
  }

  async function statuses(count: number, call: (i: number) => Promise<Answer>): Promise<Record<number, number>> {
    const answers = await Promise.all(Array.from({ length: count }, (_, i) => call(i)));
    const counts: Record<number, number> = {};
    for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  }
  const own = (by: Api, person: Person, headers = {}) =>
    by.call('GET', '/v1/subscribers/me/friends', undefined, { ...bearer(person.token), ...headers });

  it('hold for a subscriber, whatever its addresses and whichever gateway', async () => {
    const alice = await api.join('+8613800138000');
    const counts = await statuses(30, (i) => own(i % 2 ? api : other, alice, from()));
    expect(counts).to.deep.equal({ 200: 20, 429: 10 });
    const bob = await api.join('+8613900139000');
    expect((await own(api, bob)).status, 'somebody else').to.equal(200);
  });

  it('say in the headers what is left, and when to come back', async () => {
    const carol = await api.join('+8613700137000');
    const address = from();
    const first = await own(api, carol, address);
    expect(first.headers.get('ratelimit-policy')).to.equal('"subscriber";q=20;w=60, "address";q=50;w=60');
    expect(first.headers.get('ratelimit')).to.equal('"subscriber";r=19;t=60, "address";r=49;t=60');
    await statuses(19, () => own(api, carol, address));
    const over = await own(api, carol, address);
    expect([over.status, over.body.code]).to.deep.equal([429, 'TOO_MANY_REQUESTS']);
    expect(over.headers.get('ratelimit')).to.contain('"subscriber";r=0;');
    expect(Number(over.headers.get('retry-after'))).to.be.within(1, 60);
    expect(over.headers.get('content-type')).to.match(/^application\/problem\+json/);
  });

  it('hold for a carrier by its credential, not by its address', async () => {
    const { key } = await issueKey(api, ['subscribers:read']);
    const call = (i: number) =>
      (i % 2 ? api : other).call(
        'POST',
        '/v1/subscribers/retrieve',
        { phoneNumber: '+8613600136000' },
        { ...bearer(key), ...from('198.51.100.250') },
      );
    expect(await statuses(60, call)).to.deep.equal({ 404: 30, 429: 30 });
    const rest = await statuses(50, () => api.call('GET', '/openapi.json', undefined, from('198.51.100.250')));
    expect(rest, 'the address has all of its own').to.deep.equal({ 200: 50 });
  });

  it('hold for an address: whoever is nobody, and calls that need no credential', async () => {
    const address = from();
    const guess = (i: number) =>
      api.call('GET', '/v1/credentials', undefined, { ...bearer(`esk_guess-${i}`), ...address });
    expect(await statuses(60, guess)).to.deep.equal({ 401: 50, 429: 10 });
    for (const path of ['/metrics', '/openapi.json', '/docs/'])
      expect((await api.call('GET', path, undefined, { authorization: '', ...address })).status, path).to.equal(429);
    for (const path of ['/v1/verification/send-code', '/v1/verification/validate-code', '/v1/tokens'])
      expect((await api.call('POST', path, {}, address)).status, path).to.equal(429);
    expect((await api.call('GET', '/livez', undefined, address)).status, 'a supervisor’s probe').to.equal(200);
    const network = (i: number) => from(`2001:db8:1:2::${i.toString(16)}`);
    expect(await statuses(60, (i) => api.call('GET', '/openapi.json', undefined, network(i)))).to.deep.equal({
      200: 50,
      429: 10,
    });
    expect((await api.call('GET', '/openapi.json', undefined, from('2001:db8:1:3::1'))).status).to.equal(200);
  });

  it('do not hold for the operator’s own key', async () => {
    const address = from();
    expect(await statuses(200, () => api.call('GET', '/v1/credentials', undefined, address))).to.deep.equal({
      200: 200,
    });
  });

  it('believe X-Forwarded-For of trusted proxies only', async () => {
    const strict = await startExtraGateway(stack, { EARSHOT_TRUSTED_PROXIES: '10.0.0.1', EARSHOT_LIMIT_ADDRESS: '40' });
    const direct = createApi({ gatewayUrl: strict.url, operatorKey: stack.operatorKey });
    const counts = await statuses(60, () => direct.call('GET', '/openapi.json', undefined, from()));
    await strict.stop();
    expect(counts[429]).to.be.at.least(20);
  });

  it('lock nobody out while Redis is away, and are none the worse for it', async () => {
    const address = from();
    await stack.kill('redis');
    expect(await statuses(60, () => api.call('GET', '/openapi.json', undefined, address))).to.deep.equal({ 200: 60 });
    expect((await api.call('GET', '/v1/credentials', undefined, address)).status).to.equal(503);
    await stack.restart('redis');
    await stack.untilReady();
    const again = from();
    expect(await statuses(60, () => api.call('GET', '/openapi.json', undefined, again))).to.deep.equal({
      200: 50,
      429: 10,
    });
    expect((await api.call('GET', '/metrics', undefined, from())).text).to.match(
      /earshot_http_over_limit_total\{[^}]*limit="carrier"/,
    );
  });
});
