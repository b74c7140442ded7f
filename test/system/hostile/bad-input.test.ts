import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';

const CODES: Record<number, string[]> = {
  400: ['INVALID_ARGUMENT'],
  401: ['UNAUTHENTICATED'],
  403: ['PERMISSION_DENIED'],
  404: ['NOT_FOUND'],
  405: ['METHOD_NOT_ALLOWED'],
  409: ['ALREADY_EXISTS', 'CONFLICT'],
  413: ['PAYLOAD_TOO_LARGE'],
  415: ['UNSUPPORTED_MEDIA_TYPE'],
};

describe('bad input', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;

  before(async () => {
    [alice, bob] = await joinPair(api);
  });

  type Case = [
    what: string,
    status: number,
    method: string,
    path: (a: Person, b: Person) => string,
    body?: unknown | ((a: Person) => unknown),
    headers?: Record<string, string>,
  ];
  const own = (rest: string) => (person: Person) => `/v1/subscribers/${person.id}/${rest}`;
  const at = (path: string) => () => path;
  const cases: Case[] = [
    ['no credential', 401, 'GET', own('friends'), undefined, { authorization: '' }],
    ['a wrong token', 401, 'GET', own('friends'), undefined, { authorization: 'Bearer est_wrong' }],
    ['a token in the wrong scheme', 401, 'GET', own('friends'), undefined, { authorization: 'Basic Zm9vOmJhcg==' }],
    ['an unknown id', 404, 'GET', at('/v1/subscribers/00000000-0000-4000-8000-000000000000')],
    ['an id that is none', 404, 'PUT', at('/v1/subscribers/%00%0d%0a/now-playing'), { kind: 'audio', title: 'x' }],
    ['an unknown path', 404, 'GET', at('/v1/nothing-here')],
    ['a method that is not there', 405, 'POST', own('friends'), {}],
    ['me with an operator key', 400, 'GET', at('/v1/subscribers/me/friends')],
    ['broken JSON', 400, 'PUT', own('now-playing'), '{"kind": "audio", '],
    ['JSON that is no object', 400, 'PUT', own('now-playing'), '"tune"'],
    ['a prototype key', 400, 'PUT', own('now-playing'), '{"kind":"audio","title":"x","__proto__":{"a":1}}'],
    ['no body', 400, 'PUT', own('now-playing')],
    ['a missing field', 400, 'PUT', own('now-playing'), { kind: 'audio' }],
    ['an unknown field', 400, 'PUT', own('now-playing'), { kind: 'audio', title: 'x', volume: 11 }],
    ['an unknown kind', 400, 'PUT', own('now-playing'), { kind: 'smell', title: 'x' }],
    ['a number as a title', 400, 'PUT', own('now-playing'), { kind: 'audio', title: 7 }],
    ['a length as text', 400, 'PUT', own('now-playing'), { kind: 'audio', title: 'x', length: '300' }],
    ['a length with a fraction', 400, 'PUT', own('now-playing'), { kind: 'audio', title: 'x', length: 3.5 }],
    ['a length beyond its range', 400, 'PUT', own('now-playing'), { kind: 'audio', title: 'x', length: 65_536 }],
    ['a negative length', 400, 'PUT', own('now-playing'), { kind: 'audio', title: 'x', length: -1 }],
    ['a rating of eleven', 400, 'PUT', own('now-playing'), { kind: 'audio', title: 'x', rating: 11 }],
    ['a device with a blank', 400, 'PUT', own('now-playing'), { kind: 'audio', title: 'x', device: 'my phone' }],
    [
      'a body larger than the call takes',
      413,
      'PUT',
      own('now-playing'),
      { kind: 'audio', title: 'x'.repeat(100_000) },
    ],
    ['80,000 people to block', 413, 'PUT', own('privacy'), `{"blocked": [${'{},'.repeat(80_000)}{}]}`],
    ['more keys than any call takes', 413, 'PUT', own('now-playing'), `{${'"a":1,'.repeat(6_000)}"b":1}`],
    ['lists within lists', 413, 'PUT', own('now-playing'), `{"title": ${'['.repeat(33)}${']'.repeat(33)}}`],
    ['form data', 415, 'PUT', own('now-playing'), 'title=x', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['a number without its plus', 400, 'POST', at('/v1/subscribers'), { phoneNumber: '8613800138001' }],
    ['a number that cannot be', 400, 'POST', at('/v1/subscribers'), { phoneNumber: '+86123' }],
    [
      'a JID of another host',
      400,
      'POST',
      at('/v1/subscribers'),
      { phoneNumber: '+8613800138001', jid: 'alice@elsewhere.example' },
    ],
    [
      'a JID with a resource',
      400,
      'POST',
      at('/v1/subscribers'),
      { phoneNumber: '+8613800138001', jid: 'alice@op.example/phone' },
    ],
    ['the same number again', 409, 'POST', at('/v1/subscribers'), { phoneNumber: '+86 138-0013-8000' }],
    [
      'somebody’s JID again',
      409,
      'POST',
      at('/v1/subscribers'),
      ({ jid }: Person) => ({ phoneNumber: '+8613800138001', jid }),
    ],
    ['a change to nothing', 400, 'PATCH', (person) => `/v1/subscribers/${person.id}`, {}],
    [
      'a change to somebody else’s number',
      409,
      'PATCH',
      (person) => `/v1/subscribers/${person.id}`,
      { phoneNumber: '+8613900139000' },
    ],
    ['a book without contacts', 400, 'PUT', own('address-book'), { people: [] }],
    ['a book that is a list', 400, 'PUT', own('address-book'), []],
    [
      '20,001 contacts',
      413,
      'PUT',
      own('address-book'),
      { contacts: Array.from({ length: 20_001 }, (_, i) => ({ name: `${i}`, phoneNumbers: [] })) },
    ],
    [
      'a book of more than 32 MB',
      413,
      'PUT',
      own('address-book'),
      Buffer.alloc(33 * 1024 * 1024, 'x'),
      { 'content-type': 'text/vcard' },
    ],
    ['an Idempotency-Key with a blank', 400, 'POST', own('tokens'), undefined, { 'idempotency-key': 'a b' }],
  ];

  for (const [what, status, method, path, body, headers] of cases)
    it(`such as ${what} gets ${status} and problem details`, async () => {
      const sent = typeof body === 'function' ? body(alice) : body;
      const answer = await api.call(method, path(alice, bob), sent, headers);
      expect(answer.status, answer.text).to.equal(status);
      expect(answer.headers.get('content-type')).to.match(/^application\/problem\+json/);
      expect(answer.body)
        .to.include({ status, type: 'about:blank' })
        .and.to.have.keys('type', 'title', 'status', 'code', 'detail', 'correlator');
      expect(answer.body.code).to.be.oneOf(CODES[status] ?? []);
      expect(answer.body.detail, 'does not repeat a number').to.not.match(/13800138001|13900139000|86123/);
    });

  it('does not open another subscriber’s resources to a token, nor the operator’s calls', async () => {
    const asAlice = { authorization: `Bearer ${alice.token}` };
    expect((await api.call('GET', api.path(alice, 'friends'), undefined, asAlice)).status).to.equal(200);
    for (const [method, path] of [
      ['GET', api.path(bob, 'friends')],
      ['PUT', api.path(bob, 'now-playing')],
      ['DELETE', `/v1/subscribers/${alice.id}`],
      ['POST', '/v1/subscribers'],
      ['POST', `/v1/subscribers/${alice.id}/tokens`],
    ] as const)
      expect(
        (await api.call(method, path, method === 'GET' || method === 'DELETE' ? undefined : {}, asAlice)).body.code,
        `${method} ${path}`,
      ).to.equal('PERMISSION_DENIED');
  });

  it('of a type or an encoding that a call does not list gets 415, whichever call it is', async () => {
    const { body: document } = await api.call('GET', '/openapi.json');
    type Operation = { requestBody?: { content: object } };
    const paths = Object.entries(document.paths as unknown as Record<string, Record<string, Operation>>);
    const calls = paths.flatMap(([path, operations]) =>
      ['put', 'post', 'patch'].flatMap((method) => {
        const operation = operations[method];
        const { content } = operation?.requestBody ?? { content: { 'application/json': {} } };
        return operation ? [[method.toUpperCase(), path, Object.keys(content)] as const] : [];
      }),
    );
    expect(calls.length).to.be.above(15);
    for (const [method, path, types] of calls) {
      const url = path.replace('{subscriberId}', alice.id).replace(/\{\w+\}/g, 'x');
      for (const headers of [
        { 'content-type': 'text/plain;charset=UTF-8' },
        { 'content-type': 'application/x-www-form-urlencoded' },
        { 'content-type': 'nonsense' },
        { 'content-type': '' },
        { 'content-type': 'application/json', 'content-encoding': 'br' },
      ] as Record<string, string>[]) {
        // RFC 6749, section 4.1.3: a form is what this one takes.
        if (path === '/v1/tokens' && headers['content-type']?.endsWith('urlencoded')) continue;
        const answer = await api.call(method, url, '{}', headers);
        expect(answer.status, `${method} ${path} ${JSON.stringify(headers)} ${answer.text}`).to.equal(415);
        if (!('content-encoding' in headers))
          expect(answer.body.detail, `${method} ${path}`).to.contain(`takes: ${types.join(', ')}.`);
      }
    }
  });

  it('in one vCard spoils no other card: the good ones are kept, the bad ones listed by their place', async () => {
    const file = [
      'BEGIN:VCARD',
      'VERSION:4.0',
      'FN:Bob',
      'TEL;VALUE=uri:tel:+86-139-0013-9000',
      'END:VCARD',
      'BEGIN:VCARD',
      'VERSION:3.0',
      'FN:Never ended',
      'TEL:13700137000',
      'BEGIN:VCARD',
      'VERSION:3.0',
      'FN:No number',
      'EMAIL:a@b.example',
      'END:VCARD',
      'BEGIN:VCARD',
      'VERSION:3.0',
      'FN:A short code',
      'TEL:10086',
      'END:VCARD',
      'BEGIN:VCARD',
      'VERSION:3.0',
      'N:Li;Bob;;;',
      'item1.TEL;type=pref:0086 13900139000',
      'END:VCARD',
    ].join('\r\n');
    const { body } = await api.putVcards(alice, file);
    expect(body.contacts, 'the one that never ended is kept, too').to.equal(3);
    expect((body.rejected as unknown as { index: number }[]).map(({ index }) => index)).to.deep.equal([1, 2, 3]);
  });

  it('in one JSON contact spoils no other contact', async () => {
    const contacts = [
      { name: 'Bob', phoneNumbers: ['13900139000', '+86 10'] },
      { name: 7, phoneNumbers: ['13700137000'] },
      { phoneNumbers: ['13700137000'] },
      { name: 'Numbers as text', phoneNumbers: '13700137000' },
      { name: '\u0000', phoneNumbers: ['13700137000'] },
      'not a contact',
      { uid: 'x', name: 'First', phoneNumbers: ['13700137000'] },
      { uid: 'x', name: 'Second', phoneNumbers: ['13700137001'] },
    ];
    const { body } = await api.expectStatus(202, api.call('PUT', api.path(alice, 'address-book'), { contacts }));
    const rejected = body.rejected as unknown as { index: number; detail: string }[];
    // Without a name, and with one of which nothing is left, are the same contact; a uid's second contact is kept without it.
    expect(body.contacts).to.equal(4);
    expect(rejected.map(({ index }) => index)).to.deep.equal([0, 1, 3, 5, 7]);
    expect(rejected[0]?.detail).to.equal('Kept, but 1 of its 2 phone numbers cannot be read.');
  });
});
