import { expect } from 'chai';
import { EVENT_TYPES } from '../../../domain/subscription/event-types.ts';
import { toEntry } from '../../../gateway/books/json-contacts.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { useRedis } from '../../support/redis.ts';

const consent = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };
const tune = { kind: 'audio', title: 'Jóga' };
const key = { name: 'a', scopes: ['friends:read'] };
const UNKNOWN = 'that this call does not know';

describe('what a contact of a book lacks', () => {
  it('is told in plain words', () => {
    const said = [{ name: 'A' }, { phoneNumbers: [7] }, 'A'].map((value) => toEntry({ index: 0, value }));
    expect(said).to.deep.equal(
      ['The contact lacks phoneNumbers.', 'phoneNumbers.0 must be a string.', 'The contact must be an object.'].map(
        (reason) => ({ index: 0, reason }),
      ),
    );
  });
});

describe('what a schema refuses is told in plain words', () => {
  const redis = useRedis();
  let gateway: TestGateway;
  let path: string;

  before(async () => {
    gateway = await openTestGateway(redis);
    path = `/v1/subscribers/${await gateway.join('+8613800138000')}`;
  });
  after(async () => gateway?.stop());

  const said: [method: 'GET' | 'PUT' | 'POST', rest: string, body: unknown, detail: string][] = [
    [
      'PUT',
      '/now-playing',
      { kind: 'audio', titel: 'x' },
      `The body lacks title. The body has a field ${UNKNOWN}: titel. Leave it out, or see /docs for its name.`,
    ],
    [
      'PUT',
      '/now-playing',
      { ...tune, '+8613900139000': 1, ' ': 1 },
      `The body has a field ${UNKNOWN}. Leave it out, or see /docs for its name.`,
    ],
    ['PUT', '/now-playing', { ...tune, kind: 'song' }, 'kind must be one of audio, video.'],
    ['PUT', '/now-playing', { ...tune, title: '' }, 'title must not be empty.'],
    ['PUT', '/now-playing', { ...tune, length: '3' }, 'length must be a whole number.'],
    ['PUT', '/now-playing', { ...tune, length: 70_000 }, 'length must be at most 65535.'],
    ['PUT', '/now-playing', [], 'The body must be an object.'],
    ['PUT', '/privacy', { ...consent, audience: 'x' }, 'audience must be one of friends, nobody.'],
    ['PUT', '/privacy', { ...consent, audience: { groups: [1] } }, 'audience.groups.0 must be a string.'],
    [
      'PUT',
      '/privacy',
      { ...consent, blocked: [{ phoneNumber: '+86', until: 1 }] },
      `blocked.0 has a field ${UNKNOWN}: until. Leave it out, or see /docs for its name.`,
    ],
    ['PUT', '/privacy', { ...consent, privateUntil: 3 }, 'privateUntil must be a string or null.'],
    ['POST', '/tokens', { deviceName: 3 }, 'deviceName must be a string.'],
    ['POST', '/v1/credentials', { ...key, scopes: [] }, 'scopes must not be empty.'],
    [
      'POST',
      '/v1/credentials',
      { ...key, expiresAt: 'tomorrow' },
      'expiresAt must be a time such as 2026-01-31T12:00:00Z.',
    ],
    ['GET', '/v1/subscribers?state=gone', undefined, 'state must be one of active, waiting.'],
    [
      'POST',
      '/v1/subscriptions',
      { protocol: 'HTTP', sink: 'https://sink.example', types: ['org.earshot.v1.nothing'] },
      `types.0 must be one of ${EVENT_TYPES.join(', ')}.`,
    ],
    ['GET', '/v1/audit?limit=x', undefined, 'limit must be a whole number.'],
    [
      'GET',
      '/v1/audit?lmit=3',
      undefined,
      `The query has a parameter ${UNKNOWN}: lmit. Leave it out, or see /docs for its name.`,
    ],
  ];
  for (const [method, rest, body, detail] of said)
    it(`such as ${method} ${rest} with ${JSON.stringify(body) ?? 'no body'}`, async () => {
      const url = rest.startsWith('/v1/') ? rest : `${path}${rest}`;
      const headers = { ...gateway.operator, 'content-type': 'application/json' };
      const answer = await gateway.call({
        method,
        url,
        headers: body === undefined ? gateway.operator : headers,
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      });
      expect([answer.status, answer.body.code]).to.deep.equal([400, 'INVALID_ARGUMENT']);
      expect(answer.body.detail).to.equal(detail);
    });
});
