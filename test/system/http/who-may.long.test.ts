import { expect } from 'chai';
import { ALL_SCOPES, type Scope } from '../../../domain/access/scope.ts';
import type { Stack } from '../../../local/stack/stack.ts';
import type { Redis } from '../../../runtime/redis/redis.ts';
import { createKeys } from '../../../store/base/keys.ts';
import { type Api, createApi } from '../../support/api.ts';
import { issueKey } from '../../support/http/credentials.ts';
import { useStack, withRedis } from '../../support/stack.ts';

/** Every kind of caller. The credentials of the last three have, of the route's scope and the subscriber's range, what their name says. */
const CALLERS = ['none', 'wrong', 'expired', 'other', 'self', 'unscoped', 'outside', 'carrier', 'operator'] as const;
type Kind = (typeof CALLERS)[number];

const of = (rest: string) => `/v1/subscribers/{subscriberId}${rest}`;
const card = { uid: 'c-1', name: 'Bob', phoneNumbers: ['13900139000'] };
const tune = { kind: 'audio', title: 'Jóga' };
const privacy = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };
/** Nothing listens there, and nothing need. */
const source = { url: 'https://dav.invalid/book/', bearerToken: 'secret' };

const subscription = { protocol: 'HTTP', sink: 'https://sink.invalid/', types: ['org.earshot.v1.subscriber-added'] };

/** The same one in every row: it is done once. */
const lineEvent = { specversion: '1.0', id: '1', source: '/lines', type: 'org.earshot.v1.line-suspended' };

/** What a call sends besides its path. `n` differs in each row, and may stand in a number. */
const BODIES: Record<string, (n: number) => unknown> = {
  'POST /v1/subscribers': (n) => ({ phoneNumber: numberOf(n + 500) }),
  'POST /v1/numbers/recycle': (n) => ({ phoneNumber: numberOf(n + 700) }),
  'POST /v1/subscribers/retrieve': (n) => ({ phoneNumber: numberOf(n) }),
  'POST /v1/now-playing': () => ({ tunes: [{ subscriberId: 'nobody', ...tune }] }),
  'POST /v1/now-playing/retrieve': () => ({ subscriberIds: ['nobody'] }),
  'POST /v1/imports': (n) => `{"phoneNumber":"${numberOf(n)}"}\n`,
  'POST /v1/audit/search': (n) => ({ phoneNumber: numberOf(n) }),
  'POST /v1/credentials': () => ({ name: 'Another', scopes: ['credentials:write'], ranges: ['+861360'] }),
  'POST /v1/credentials/{credentialId}/rotate': () => ({}),
  'POST /v1/subscriptions': () => subscription,
  'POST /v1/line-events': (n) => ({ ...lineEvent, data: { phoneNumber: numberOf(n + 900) } }),
  [`POST ${of('/application-passwords')}`]: () => ({ name: 'A player' }),
  [`PATCH ${of('')}`]: () => ({ displayName: 'Somebody' }),
  [`PUT ${of('/address-book')}`]: () => ({ contacts: [card] }),
  [`PATCH ${of('/address-book')}`]: () => ({ upsert: [card] }),
  [`PUT ${of('/now-playing')}`]: () => tune,
  [`PUT ${of('/address-book/sources/{name}')}`]: () => source,
  [`PUT ${of('/privacy')}`]: () => privacy,
  'POST /v1/reconciliations': () => ({}),
  'POST /v1/verification/send-code': (n) => ({ phoneNumber: numberOf(n) }),
  'POST /v1/verification/validate-code': () => ({ authenticationId: 'made-up', code: '123456' }),
  'POST /v1/tokens': () => ({ grant_type: 'password' }),
};
/** Every row makes more logins than one address may. */
const env = {
  EARSHOT_CODES_PER_NUMBER: '1000/1',
  EARSHOT_CODES_PER_NUMBER_AND_ADDRESS: '1000/1',
  EARSHOT_CODES_PER_ADDRESS: '1000/1',
};

// biome-ignore format: a table
const TABLE: Record<string, number[]> = {
  // `other` and `self` are subscribers.             none wrong expired other self unscoped outside carrier operator
  'GET /livez':                                     [200, 200,  200,    200,  200,   200,     200,    200,    200],
  'GET /livez/events':                              [200, 200,  200,    200,  200,   200,     200,    200,    200],
  'GET /readyz':                                    [200, 200,  200,    200,  200,   200,     200,    200,    200],
  // Nobody with ranges may: it concerns everybody.
  'GET /metrics':                                   [401, 401,  401,    403,  403,   403,     403,    403,    200],
  'GET /v1/operations':                             [401, 401,  401,    403,  403,   403,     403,    403,    200],
  'GET /page/settings.json':                        [200, 200,  200,    200,  200,   200,     200,    200,    200],
  // These are how a credential is got: none is looked at, and none helps.
  'POST /v1/verification/send-code':                [202, 202,  202,    202,  202,   202,     202,    202,    202],
  'POST /v1/verification/validate-code':            [401, 401,  401,    401,  401,   401,     401,    401,    401],
  'POST /v1/tokens':                                [400, 400,  400,    400,  400,   400,     400,    400,    400],
  // Who has ranges sees the codes of its own numbers only.
  'GET /v1/verification/outbox':                    [401, 401,  401,    403,  403,   403,     200,    200,    200],
  'GET /v1/subscribers':                           [401, 401,  401,    403,  403,   403,     200,    200,    200],
  'POST /v1/subscribers':                           [401, 401,  401,    403,  403,   403,     403,    201,    409],
  'POST /v1/numbers/recycle':                       [401, 401,  401,    403,  403,   403,     403,    204,    204],
  // Of each subscriber by itself, in the answer.
  'POST /v1/now-playing':                           [401, 401,  401,    403,  403,   403,     200,    200,    200],
  'POST /v1/now-playing/retrieve':                  [401, 401,  401,    403,  403,   403,     200,    200,    200],
  'POST /v1/subscribers/retrieve':                  [401, 401,  401,    403,  403,   403,     403,    200,    200],
  // The rows outside the range are refused, each by itself.
  'POST /v1/imports':                               [401, 401,  401,    403,  403,   403,     200,    200,    200],
  // Who began it, and the operator.
  'GET /v1/imports/{importId}':                      [401, 401,  401,    403,  403,   403,     404,    404,    200],
  // It concerns everybody, so nobody with ranges may.
  'POST /v1/reconciliations':                       [401, 401,  401,    403,  403,   403,     403,    403,    202],
  'GET /v1/reconciliations':                        [401, 401,  401,    403,  403,   403,     403,    403,    200],
  // Who has ranges sees its own calls only.
  'GET /v1/audit':                                  [401, 401,  401,    403,  403,   403,     200,    200,    200],
  'POST /v1/audit/search':                          [401, 401,  401,    403,  403,   403,     403,    200,    200],
  'POST /v1/credentials':                           [401, 401,  401,    403,  403,   403,     403,    201,    201],
  // Only what the caller could have given out itself.
  'GET /v1/credentials':                            [401, 401,  401,    403,  403,   403,     200,    200,    200],
  'POST /v1/credentials/{credentialId}/rotate':     [401, 401,  401,    403,  403,   403,     404,    200,    200],
  'DELETE /v1/credentials/{credentialId}':          [401, 401,  401,    403,  403,   403,     404,    204,    204],
  // A carrier that may not read subscribers is not told of them.
  'POST /v1/line-events':                           [401, 401,  401,    403,  403,   403,     403,    200,    200],
  'POST /v1/subscriptions':                         [401, 401,  401,    403,  403,   403,     201,    403,    201],
  // Its own only.
  'GET /v1/subscriptions':                          [401, 401,  401,    403,  403,   403,     200,    200,    200],
  'GET /v1/subscriptions/{subscriptionId}':         [401, 401,  401,    403,  403,   403,     404,    404,    200],
  'POST /v1/subscriptions/{subscriptionId}/rotate': [401, 401,  401,    403,  403,   403,     404,    404,    200],
  'DELETE /v1/subscriptions/{subscriptionId}':      [401, 401,  401,    403,  403,   403,     404,    404,    204],
  // Who may read nothing of what is told is told nothing.
  'GET /v1/events':                                 [401, 401,  401,    403,  403,   403,     200,    403,    200],
  [`GET ${of('')}`]:                                [401, 401,  401,    403,  200,   403,     404,    200,    200],
  [`PATCH ${of('')}`]:                              [401, 401,  401,    403,  403,   403,     404,    200,    200],
  [`DELETE ${of('')}`]:                             [401, 401,  401,    403,  403,   403,     404,    204,    404],
  [`GET ${of('/export')}`]:                         [401, 401,  401,    403,  200,   403,     404,    200,    200],
  [`POST ${of('/tokens')}`]:                        [401, 401,  401,    403,  403,   403,     404,    201,    201],
  // The table's subscribers have accounts that were not made here.
  [`POST ${of('/password')}`]:                      [401, 401,  401,    403,  409,   403,     404,    409,    409],
  [`GET ${of('/tokens')}`]:                         [401, 401,  401,    403,  200,   403,     404,    200,    200],
  [`DELETE ${of('/tokens')}`]:                      [401, 401,  401,    403,  204,   403,     404,    204,    204],
  [`DELETE ${of('/tokens/{tokenId}')}`]:            [401, 401,  401,    403,  204,   403,     404,    204,    204],
  [`POST ${of('/application-passwords')}`]:         [401, 401,  401,    403,  201,   403,     404,    201,    201],
  [`GET ${of('/application-passwords')}`]:          [401, 401,  401,    403,  200,   403,     404,    200,    200],
  [`DELETE ${of('/application-passwords/{applicationPasswordId}')}`]:
                                                   [401, 401,  401,    403,  204,   403,     404,    204,    204],
  [`PUT ${of('/address-book')}`]:                   [401, 401,  401,    403,  202,   403,     404,    202,    202],
  [`PATCH ${of('/address-book')}`]:                 [401, 401,  401,    403,  202,   403,     404,    202,    202],
  [`GET ${of('/address-book')}`]:                   [401, 401,  401,    403,  200,   403,     404,    200,    200],
  [`DELETE ${of('/address-book')}`]:                [401, 401,  401,    403,  204,   403,     404,    204,    204],
  [`GET ${of('/address-book/sources')}`]:           [401, 401,  401,    403,  200,   403,     404,    200,    200],
  [`PUT ${of('/address-book/sources/{name}')}`]:    [401, 401,  401,    403,  202,   403,     404,    202,    202],
  [`GET ${of('/address-book/sources/{name}')}`]:    [401, 401,  401,    403,  200,   403,     404,    200,    200],
  [`POST ${of('/address-book/sources/{name}/read')}`]: [401, 401, 401,  403,  202,   403,     404,    202,    202],
  [`DELETE ${of('/address-book/sources/{name}')}`]: [401, 401,  401,    403,  204,   403,     404,    204,    204],
  [`PUT ${of('/now-playing')}`]:                    [401, 401,  401,    403,  202,   403,     404,    202,    202],
  [`GET ${of('/now-playing')}`]:                    [401, 401,  401,    403,  200,   403,     404,    200,    200],
  [`DELETE ${of('/now-playing')}`]:                 [401, 401,  401,    403,  204,   403,     404,    204,    204],
  [`GET ${of('/privacy')}`]:                        [401, 401,  401,    403,  200,   403,     404,    200,    200],
  [`PUT ${of('/privacy')}`]:                        [401, 401,  401,    403,  200,   403,     404,    200,    200],
  [`GET ${of('/friends')}`]:                        [401, 401,  401,    403,  200,   403,     404,    200,    200],
  [`GET ${of('/friends/events')}`]:                 [401, 401,  401,    403,  200,   403,     404,    200,    200],
  // Nobody is a friend of that id.
  [`GET ${of('/friends/{friendId}/avatar')}`]:      [401, 401,  401,    403,  404,   403,     404,    404,    404],
  [`GET ${of('/popular')}`]:                        [401, 401,  401,    403,  200,   403,     404,    200,    200],
};

type Operation = { security?: Record<string, string[]>[]; 'x-required-scope'?: Scope };

describe('who may call what', () => {
  const stack = useStack({ env });
  const api = createApi(stack);
  let operations: Map<string, Operation>;
  let expired: string[];

  before(async () => {
    const { body } = await api.expectStatus(200, api.call('GET', '/openapi.json'));
    const { paths } = body as unknown as { paths: Record<string, Record<string, Operation>> };
    operations = new Map(
      Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
      ),
    );
    expired = [await expiredKey(stack, api), await expiredToken(stack, api)];
  });

  it('is decided in this table for every route that the API describes, and for no other', () => {
    const missing = [...operations.keys()].filter((route) => !(route in TABLE));
    expect(missing, 'routes without a row in this table: decide who may call them').to.deep.equal([]);
    expect(
      Object.keys(TABLE).filter((route) => !operations.has(route)),
      'rows without a route',
    ).to.deep.equal([]);
  });

  for (const [n, [route, expected]] of Object.entries(TABLE).entries())
    it(`for ${route}`, async () => {
      const [subject, other] = [await subscriber(n), await subscriber(n + 100)];
      const scope = operations.get(route)?.['x-required-scope'];
      const rest = ALL_SCOPES.filter((one) => one !== scope);
      const mine = scope ? [scope] : rest;
      const secrets: Record<Kind, string[]> = {
        none: [''],
        wrong: ['est_wrong', `esk_${'0'.repeat(72)}`, 'not.a.token'],
        expired,
        other: [other.token],
        self: [subject.token],
        unscoped: scope ? [(await issueKey(api, rest)).key] : [''],
        outside: [(await issueKey(api, ALL_SCOPES, ['+49', '+861390'])).key],
        carrier: [(await issueKey(api, mine, ['+49', '+86136'])).key],
        operator: [stack.operatorKey],
      };
      if (route.includes('now-playing')) await api.call('PUT', `/v1/subscribers/${subject.id}/now-playing`, tune);
      const linked = `/v1/subscribers/${subject.id}/address-book/sources/home`;
      const got: string[] = [];
      for (const [i, kind] of CALLERS.entries())
        for (const secret of secrets[kind]) {
          const fixed = { subscriberId: subject.id, name: 'home', friendId: 'nobody' };
          const names: Record<string, string> = { ...fixed, ...(await freshId(route, subject.id, mine)) };
          if (route.includes('{name}')) await api.expectStatus(202, api.call('PUT', linked, source));
          const status = await statusOf(route, n, names, secret);
          if (status !== expected[i]) got.push(`${kind}: ${status} instead of ${expected[i]}`);
        }
      expect(got).to.deep.equal([]);
    });

  it('is said by the API’s description: the scope of each route, and which ones subscribers may call', () => {
    for (const [route, row] of Object.entries(TABLE)) {
      const security = operations.get(route)?.security ?? [];
      const self = row[CALLERS.indexOf('self')] !== 403;
      if (row.every((status) => status === row[0])) expect(security, route).to.deep.equal([]);
      else
        expect(
          security.some((one) => 'subscriber' in one),
          route,
        ).to.equal(self);
    }
  });

  async function subscriber(n: number): Promise<{ id: string; token: string }> {
    const request = { phoneNumber: numberOf(n), jid: `row-${n}@op.example` };
    const { body } = await api.expectStatus(201, api.call('POST', '/v1/subscribers', request));
    const id = body.subscriberId as unknown as string;
    const issued = await api.expectStatus(201, api.call('POST', `/v1/subscribers/${id}/tokens`));
    return { id, token: issued.body.token as unknown as string };
  }

  /** Something for the route to be about, besides the subscriber. */
  async function freshId(route: string, id: string, scopes: string[]): Promise<Record<string, string>> {
    const path = `/v1/subscribers/${id}`;
    if (route.includes('{credentialId}'))
      return { credentialId: (await issueKey(api, scopes, ['+86136'])).credentialId };
    if (route.includes('{subscriptionId}')) {
      // A credential has few, so there is one at a time.
      const { body } = await api.call('GET', '/v1/subscriptions');
      const [present] = body.subscriptions as unknown as { id: string }[];
      const made = present ?? (await api.expectStatus(201, api.call('POST', '/v1/subscriptions', subscription))).body;
      return { subscriptionId: String(made.id) };
    }
    if (route.includes('{importId}')) {
      const begun = await api.call('POST', '/v1/imports', '', { 'content-type': 'application/x-ndjson' });
      return { importId: String(JSON.parse(begun.text).importId) };
    }
    if (route.includes('{tokenId}')) {
      const { body } = await api.expectStatus(201, api.call('POST', `${path}/tokens`));
      return { tokenId: String(body.tokenId) };
    }
    if (!route.includes('{applicationPasswordId}')) return {};
    const { body } = await api.call('POST', `${path}/application-passwords`, { name: 'A player' });
    return { applicationPasswordId: String(body.applicationPasswordId) };
  }

  async function statusOf(route: string, n: number, names: Record<string, string>, secret: string): Promise<number> {
    const [method = '', path = ''] = route.replace(/\{(\w+)\}/g, (_, name) => names[name] ?? '').split(' ');
    const body = BODIES[route]?.(n);
    const response = await fetch(stack.gatewayUrl + path, {
      method,
      headers: {
        ...(secret === '' ? {} : { authorization: `Bearer ${secret}` }),
        ...(body === undefined
          ? {}
          : { 'content-type': typeof body === 'string' ? 'application/x-ndjson' : 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    await response.body?.cancel();
    return response.status;
  }
});

function numberOf(n: number): string {
  return `+8613600${`${n}`.padStart(6, '0')}`;
}

/** An API key whose time is over. */
async function expiredKey(stack: Stack, api: Api): Promise<string> {
  const { key } = await issueKey(api, ALL_SCOPES);
  await withRedis(stack, (redis) => expireAll(redis, createKeys('earshot').credentials.records));
  return key;
}

/** A token whose time is over; Redis still has it. */
async function expiredToken(stack: Stack, api: Api): Promise<string> {
  const { id, token } = await api.join('+8613600900900');
  await withRedis(stack, (redis) => expireAll(redis, createKeys('earshot').tokens(id)));
  return token;
}

async function expireAll(redis: Redis, key: string): Promise<void> {
  const all = Object.entries(await redis.hGetAll(key));
  expect(all).to.not.be.empty;
  for (const [id, json] of all)
    await redis.hSet(key, id, JSON.stringify({ ...JSON.parse(json), expiresAt: Date.now() - 1 }));
}
