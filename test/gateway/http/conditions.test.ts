import { expect } from 'chai';
import type { InjectOptions } from 'fastify';
import { holdsMatch, holdsNoneMatch, readTags } from '../../../gateway/http/entity-tags.ts';
import { openTestGateway, type Reply, type TestGateway } from '../../support/gateway.ts';
import { useRedis } from '../../support/redis.ts';

const consent = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };
const tune = { kind: 'audio', title: 'Jóga' };
const subscription = { protocol: 'HTTP', sink: 'https://sink.invalid/', types: ['org.earshot.v1.subscriber-added'] };

describe('entity tags (RFC 9110)', () => {
  it('are read alone, in a list, weak, with commas within, and over several lines', () => {
    expect(readTags(' * ')).to.equal('*');
    expect(readTags('"3"')).to.deep.equal([{ value: '3', weak: false }]);
    expect(readTags('W/"a,b" ,, "c"\t,"",')).to.deep.equal([
      { value: 'a,b', weak: true },
      { value: 'c', weak: false },
      { value: '', weak: false },
    ]);
    for (const none of ['', '3', '"3', '"3" "4"', '"3", 4', '*, "3"', 'w/"3"', "'3'"])
      expect(readTags(none), none).to.equal(undefined);
  });

  it('compare strongly for If-Match and weakly for If-None-Match', () => {
    const [strong, weak] = [readTags('"1", "2"') ?? [], readTags('W/"2"') ?? []];
    expect([holdsMatch(strong, '2'), holdsMatch(strong, '3'), holdsMatch(weak, '2')]).to.deep.equal([
      true,
      false,
      false,
    ]);
    expect([holdsNoneMatch(strong, '2'), holdsNoneMatch(strong, '3'), holdsNoneMatch(weak, '2')]).to.deep.equal([
      false,
      true,
      false,
    ]);
    expect([holdsMatch('*', '1'), holdsMatch('*', undefined)]).to.deep.equal([true, false]);
    expect([holdsNoneMatch('*', '1'), holdsNoneMatch('*', undefined)]).to.deep.equal([false, true]);
  });
});

describe('conditional requests', () => {
  const redis = useRedis();
  let gateway: TestGateway;
  let id: string;

  beforeEach(async () => {
    gateway = await openTestGateway(redis);
    id = await gateway.join('+8613800138000');
  });

  afterEach(async () => gateway?.stop());

  const of = (rest = '') => `/v1/subscribers/${id}${rest}`;

  function call(method: string, url: string, payload?: object, headers: Record<string, string> = {}): Promise<Reply> {
    const all = { ...gateway.operator, ...headers };
    return gateway.call({ method, url, headers: all, ...(payload ? { payload } : {}) } as InjectOptions);
  }
  const etagOf = async (url: string) => String((await call('GET', url)).headers.etag);
  const ifMatch = (tag: string) => ({ 'if-match': tag });

  it('leave a subscriber that somebody else has changed as it is: "99" is 412', async () => {
    for (const stale of ['"99"', 'W/"99"', 'nonsense', '"a", "b"'])
      expect((await call('PATCH', of(), { displayName: 'x' }, ifMatch(stale))).status, stale).to.equal(412);
    expect((await call('GET', of())).body).to.include({ displayName: '' });
    const etag = await etagOf(of());
    expect(etag).to.match(/^"[\w-]{22}"$/);
    expect((await call('PATCH', of(), { displayName: 'x' }, ifMatch(`W/${etag}`))).status, 'weak').to.equal(412);
    expect((await call('PATCH', of(), { displayName: 'One' }, ifMatch(`"99", ${etag}`))).status).to.equal(200);
    const second = await call('PATCH', of(), { otherPhoneNumbers: ['+8613800138001'] }, ifMatch(etag));
    expect([second.status, second.body.code]).to.deep.equal([412, 'FAILED_PRECONDITION']);
    expect((await call('DELETE', of(), undefined, ifMatch(etag))).status).to.equal(412);
    expect((await call('PATCH', of(), { displayName: 'Two' }, ifMatch('*'))).status).to.equal(200);
    expect((await call('DELETE', of(), undefined, ifMatch(await etagOf(of())))).status).to.equal(204);
  });

  it('let one of two through who have seen the same subscriber', async () => {
    for (const bodies of [
      [{ displayName: 'One' }, { displayName: 'Two' }],
      [{ otherPhoneNumbers: ['+8613800138001'] }, { otherPhoneNumbers: ['+8613800138002'] }],
    ]) {
      const etag = await etagOf(of());
      const answers = await Promise.all(bodies.map((body) => call('PATCH', of(), body, ifMatch(etag))));
      expect(answers.map(({ status }) => status)).to.have.members([200, 412]);
    }
  });

  it('answer GET with an ETag wherever something can be changed, and 304 while it is the same', async () => {
    await call('PUT', of('/now-playing'), tune);
    await call('PUT', of('/address-book/sources/home'), { url: 'https://dav.invalid/book/', bearerToken: 'secret' });
    const subscribed = (await call('POST', '/v1/subscriptions', subscription)).body.id;
    const { body } = await call('GET', '/openapi.json');
    const paths = Object.entries(body.paths as Record<string, object>).filter(
      ([path, methods]) => 'get' in methods && Object.keys(methods).length > 1 && path.startsWith('/v1/'),
    );
    expect(paths.map(([path]) => path))
      .to.include('/v1/credentials')
      .and.to.have.length.above(8);
    for (const [path] of paths) {
      const url = path
        .replace('{subscriberId}', id)
        .replace('{name}', 'home')
        .replace('{subscriptionId}', String(subscribed));
      const { status, headers } = await call('GET', url);
      expect(status, path).to.equal(200);
      // It says when it was asked for, so no two answers are the same.
      if (path === '/v1/subscribers') {
        expect(headers).not.to.have.property('etag');
        continue;
      }
      expect(headers.etag, path).to.match(/^"[\w.-]+"$/);
      for (const known of [`${headers.etag}`, `W/${headers.etag}`, `"99", ${headers.etag}`]) {
        const again = await call('GET', url, undefined, { 'if-none-match': known });
        expect([again.status, again.text, again.headers.etag], path).to.deep.equal([304, '', headers.etag]);
      }
      expect((await call('GET', url, undefined, { 'if-none-match': '"99"' })).status, path).to.equal(200);
    }
  });

  it('give what is new of a book or of settings whose version is the same, and change them by either tag', async () => {
    await call('PUT', of('/address-book'), { contacts: [{ name: 'Bob', phoneNumbers: ['+8613900139000'] }] });
    const reconciling = await call('GET', of('/address-book'));
    await gateway.stores.due.settle('reconcile', id, []);
    gateway.pass(60_000);
    const known = { 'if-none-match': `${reconciling.headers.etag}` };
    const current = await call('GET', of('/address-book'), undefined, known);
    expect([reconciling.body.state, current.status, current.body.state]).to.deep.equal(['reconciling', 200, 'current']);
    const change = { upsert: [{ uid: 'x', phoneNumbers: ['+8613900139001'] }] };
    const changed = await call('PATCH', of('/address-book'), change, ifMatch(`${reconciling.headers.etag}`));
    expect([changed.status, changed.headers.etag]).to.deep.equal([202, '"2"']);
    expect((await call('PATCH', of('/address-book'), change, ifMatch(`${current.headers.etag}`))).status).to.equal(412);
    expect((await call('PATCH', of('/address-book'), { remove: ['x'] }, ifMatch('"2"'))).status).to.equal(202);
  });

  it('are honoured by every call that changes something: a tag that was never given changes nothing', async () => {
    await call('PUT', of('/now-playing'), tune);
    await call('PUT', of('/address-book'), { contacts: [{ name: 'Bob', phoneNumbers: ['+8613900139000'] }] });
    await call('PUT', of('/address-book/sources/home'), { url: 'https://dav.invalid/book/', bearerToken: 'secret' });
    const credential = (await call('POST', '/v1/credentials', { name: 'x', scopes: ['audit:read'] })).body.credentialId;
    const subscribed = (await call('POST', '/v1/subscriptions', subscription)).body.id;
    const shown = async () => {
      const { generatedAt: _time, audit: _calls, ...held } = (await call('GET', of('/export'))).body;
      return held;
    };
    const bodies: Record<string, object> = {
      'POST /v1/subscribers': { phoneNumber: '+8613800138009', jid: 'x@op.example' },
      'POST /v1/subscribers/retrieve': { phoneNumber: '+8613800138000' },
      'POST /v1/numbers/recycle': { phoneNumber: '+8613800138000' },
      'POST /v1/now-playing': { tunes: [{ subscriberId: id, ...tune }] },
      'POST /v1/now-playing/retrieve': { subscriberIds: [id] },
      'POST /v1/audit/search': { subscriberId: id },
      'POST /v1/credentials': { name: 'y', scopes: ['audit:read'] },
      'POST /v1/subscriptions': subscription,
      'POST /v1/line-events': {
        ...{ specversion: '1.0', id: '1', source: '/lines', type: 'org.earshot.v1.number-recycled' },
        data: { phoneNumber: '+8613800138000' },
      },
      'PATCH /v1/subscribers/{subscriberId}': { displayName: 'x' },
      'PUT /v1/subscribers/{subscriberId}/now-playing': tune,
      'PUT /v1/subscribers/{subscriberId}/privacy': consent,
      'PUT /v1/subscribers/{subscriberId}/address-book': { contacts: [] },
      'PATCH /v1/subscribers/{subscriberId}/address-book': { remove: ['x'] },
      'PUT /v1/subscribers/{subscriberId}/address-book/sources/{name}': {
        url: 'https://dav.invalid/other/',
        bearerToken: 'secret',
      },
      'POST /v1/subscribers/{subscriberId}/application-passwords': { name: 'x' },
      'POST /v1/verification/send-code': { phoneNumber: '+8613800138000' },
      'POST /v1/verification/validate-code': { authenticationId: 'x', code: '123456' },
      'POST /v1/tokens': { grant_type: 'x' },
    };
    const before = await shown();
    const { body } = await call('GET', '/openapi.json');
    for (const [path, methods] of Object.entries(body.paths as Record<string, object>))
      for (const method of Object.keys(methods).map((name) => name.toUpperCase())) {
        if (method === 'GET') continue;
        const url = path
          .replace('{subscriberId}', id)
          .replace('{name}', 'home')
          .replace('{credentialId}', String(credential))
          .replace('{subscriptionId}', String(subscribed))
          .replace(/\{\w+\}/, 'any');
        const ndjson = path === '/v1/imports' ? { 'content-type': 'application/x-ndjson' } : {};
        const payload = bodies[`${method} ${path}`] ?? (method === 'POST' ? {} : undefined);
        const { status, text } = await call(method, url, payload, { ...ifMatch('"99"'), ...ndjson });
        expect(status, `${method} ${path}: ${text}`).to.equal(412);
      }
    expect(await shown()).to.deep.equal(before);
  });

  it('tell versions of books and settings apart: a list of them, and If-None-Match', async () => {
    const book = (headers: Record<string, string>, n: number) =>
      call('PUT', of('/address-book'), { contacts: [{ name: 'Bob', phoneNumbers: [`+86139001390${n}`] }] }, headers);
    expect((await book({ 'if-none-match': '*' }, 10)).status, 'nobody has stored one').to.equal(202);
    expect((await book({ 'if-none-match': '*' }, 11)).status).to.equal(412);
    expect((await book(ifMatch('"7", W/"1"'), 11)).status).to.equal(412);
    expect((await book(ifMatch('"7", "1"'), 11)).headers.etag).to.equal('"2"');
    expect((await book({ 'if-none-match': '"2"' }, 12)).status).to.equal(412);
    expect((await book({ 'if-none-match': '"1"' }, 12)).headers.etag).to.equal('"3"');
    expect((await call('DELETE', of('/address-book'), undefined, ifMatch('"2"'))).status).to.equal(412);
    expect((await call('GET', of('/address-book'))).body).to.include({ contacts: 1 });
    expect((await call('DELETE', of('/address-book'), undefined, ifMatch('"3"'))).status).to.equal(204);
    const settings = await etagOf(of('/privacy'));
    expect((await call('PUT', of('/privacy'), consent, ifMatch(`"99", ${settings}`))).status).to.equal(200);
  });

  it('start a tune only where none plays, with If-None-Match: *, and stop only the one that was seen', async () => {
    const play = (headers: Record<string, string>) => call('PUT', of('/now-playing'), tune, headers);
    expect((await play(ifMatch('*'))).status, 'nothing is there').to.equal(412);
    expect((await play({ 'if-none-match': '*' })).status).to.equal(202);
    expect((await play({ 'if-none-match': '*' })).status).to.equal(412);
    const etag = await etagOf(of('/now-playing'));
    await call('PUT', of('/now-playing'), { ...tune, title: 'Hunter' });
    expect((await call('DELETE', of('/now-playing'), undefined, ifMatch(etag))).status).to.equal(412);
    expect((await call('GET', of('/now-playing'))).body).to.include({ title: 'Hunter' });
  });
});
