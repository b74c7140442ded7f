import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { expect } from 'chai';
import { createClient } from 'redis';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { bearer, issueKey } from '../../support/http/credentials.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';

type Entry = {
  time: string;
  caller: string;
  callerId?: string;
  operation: string;
  subject?: string;
  correlator: string;
  status: number;
  code?: string;
};
type Page = { entries: Entry[]; next?: string };

const of = (rest: string) => `/v1/subscribers/{subscriberId}${rest}`;
/** No credential. */
const NOBODY = { authorization: '' };
const TUNE = { kind: 'audio', title: 'A secret song' };

describe('the audit trail', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;

  before(async () => {
    [alice, bob] = await joinPair(api);
  });

  async function page(query = '', headers: Record<string, string> = {}): Promise<Page> {
    return (await api.expectStatus(200, api.call('GET', `/v1/audit${query}`, undefined, headers)))
      .body as unknown as Page;
  }

  async function search(body: object, headers: Record<string, string> = {}): Promise<Entry[]> {
    const answer = await api.expectStatus(200, api.call('POST', '/v1/audit/search', body, headers));
    return (answer.body as unknown as Page).entries;
  }

  /** Makes a call, and finds its entry by its correlation id. */
  async function entryOf(
    method: string,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
    trail = 'known',
  ): Promise<Entry | undefined> {
    const correlator = randomUUID();
    await api.call(method, path, body, { ...headers, 'x-correlator': correlator });
    return (await page(`?trail=${trail}`)).entries.find((entry) => entry.correlator === correlator);
  }

  it('says who did what about whom, with what outcome', async () => {
    const { credentialId, key } = await issueKey(api, ['now-playing:write', 'subscribers:write'], ['+8613']);
    const path = api.path(alice, 'now-playing');
    const before = Date.now();
    const carrier = await entryOf('PUT', path, TUNE, bearer(key));
    expect(carrier).to.include({
      caller: 'key',
      callerId: credentialId,
      operation: `PUT ${of('/now-playing')}`,
      status: 202,
    });
    expect(Date.parse(carrier?.time ?? '')).to.be.within(before, Date.now());
    const operator = await entryOf('PUT', path, { kind: 'audio' });
    expect(operator).to.include({ caller: 'operator', callerId: 'operator', status: 400, code: 'INVALID_ARGUMENT' });
    const own = await entryOf('DELETE', '/v1/subscribers/me/now-playing', undefined, bearer(alice.token));
    expect(own).to.include({ caller: 'subscriber', status: 204, callerId: own?.subject ?? '' });
    expect(new Set([carrier?.subject, operator?.subject, own?.subject]).size, 'one subject').to.equal(1);
    const made = await entryOf('POST', '/v1/subscribers', { phoneNumber: '+8613800138001' }, bearer(key));
    expect(made).to.include({ status: 201 }).and.to.have.property('subject');
  });

  it('has what a carrier reads, and not what a subscriber reads of its own', async () => {
    const path = api.path(alice, 'friends');
    expect(await entryOf('GET', path, undefined)).to.include({ caller: 'operator', status: 200 });
    expect(await entryOf('GET', path, undefined, bearer(alice.token))).to.equal(undefined);
    const found = await entryOf('POST', '/v1/subscribers/retrieve', { phoneNumber: alice.phoneNumber });
    expect(found?.subject).to.equal((await search({ subscriberId: alice.id }))[0]?.subject);
  });

  it('has every call that was refused, and keeps apart those by nobody known', async () => {
    const path = api.path(bob, 'friends');
    const refused = await entryOf('GET', path, undefined, bearer(alice.token));
    expect(refused).to.include({ caller: 'subscriber', status: 403, code: 'PERMISSION_DENIED' });
    expect(refused?.subject).to.be.a('string').and.not.equal(refused?.callerId);
    const { key } = await issueKey(api, ['imports:write']);
    expect(await entryOf('GET', path, undefined, bearer(key))).to.include({ caller: 'key', status: 403 });
    const stranger = await entryOf('GET', path, undefined, bearer('est_wrong'), 'unknown');
    expect(stranger).to.include({ caller: 'unknown', status: 401, code: 'UNAUTHENTICATED' });
  });

  it('has every login, as a call by the subscriber, and apart from them those that were refused', async () => {
    const [send, validate] = ['/v1/verification/send-code', '/v1/verification/validate-code'];
    const { body } = await api.call('POST', send, { phoneNumber: bob.phoneNumber }, NOBODY);
    const outbox = await api.call('GET', '/v1/verification/outbox');
    const [waiting] = outbox.body.codes as unknown as { code: string }[];
    const code = waiting?.code ?? '';
    const login = { authenticationId: body.authenticationId, code: code === '000000' ? '000001' : '000000' };
    const wrong = await entryOf('POST', validate, login, NOBODY, 'unknown');
    expect(wrong).to.include({
      caller: 'unknown',
      operation: `POST ${validate}`,
      status: 401,
      code: 'UNAUTHENTICATED',
    });
    const right = await entryOf('POST', validate, { ...login, code }, NOBODY);
    expect(right).to.include({ caller: 'subscriber', status: 200 });
    expect(right?.subject).to.equal(right?.callerId);
    expect((await search({ subscriberId: bob.id }))[0]?.correlator).to.equal(right?.correlator);
    const assertion = { grant_type: 'password' };
    const refused = await entryOf('POST', '/v1/tokens', assertion, NOBODY, 'unknown');
    expect(refused).to.include({ caller: 'unknown', status: 400, code: 'INVALID_ARGUMENT' });
  });

  it('says of whoever hangs up in the middle of a body that they did', async () => {
    for (const type of ['application/json', 'text/vcard', 'text/csv']) {
      const correlator = randomUUID();
      await hangUp(stack.gatewayUrl, [
        `PUT ${api.path(alice, 'address-book')} HTTP/1.1`,
        ...['host: earshot', `authorization: Bearer ${alice.token}`, `x-correlator: ${correlator}`],
        ...[`content-type: ${type}`, 'content-length: 1000'],
      ]);
      await eventually(async () => {
        const found = (await page()).entries.find((entry) => entry.correlator === correlator);
        expect(found).to.include({ operation: `PUT ${of('/address-book')}`, status: 499, code: 'CANCELLED' });
      });
    }
  });

  it('has each row that an import changed, or might not touch', async () => {
    const { key, credentialId } = await issueKey(api, ['imports:write'], ['+8613']);
    const rows = ['+8613800138002', '+4915146788700', '+86'].map(
      (phoneNumber) => `${JSON.stringify({ phoneNumber })}\n`,
    );
    await api.call('POST', '/v1/imports', rows.join(''), { ...bearer(key), 'content-type': 'application/x-ndjson' });
    const { entries } = await page(`?credential=${credentialId}`);
    expect(entries.map(({ status }) => status)).to.have.members([200, 201, 403]);
    expect(entries.find(({ status }) => status === 201)).to.have.property('subject');
  });

  it('is searched for one subscriber by number or by id, also after the subscriber has left', async () => {
    const gone = await api.join('+8613800138003');
    await api.call('DELETE', `/v1/subscribers/${gone.id}`);
    const byId = await search({ subscriberId: gone.id });
    expect(byId.map(({ operation }) => operation)).to.deep.equal([
      `DELETE ${of('')}`,
      `POST ${of('/tokens')}`,
      'POST /v1/subscribers',
    ]);
    const byNumber = await search({ phoneNumber: bob.phoneNumber });
    expect(byNumber.map(({ subject }) => subject)).to.include(byNumber[0]?.subject);
    await api.expectStatus(404, api.call('POST', '/v1/audit/search', { phoneNumber: '+8613800138999' }));
    await api.expectStatus(400, api.call('POST', '/v1/audit/search', {}));
  });

  it('shows a credential with number ranges its own calls only', async () => {
    const { key, credentialId } = await issueKey(api, ['audit:read'], ['+8613']);
    await page('', bearer(key));
    const { entries } = await page('', bearer(key));
    expect(new Set(entries.map(({ callerId }) => callerId))).to.deep.equal(new Set([credentialId]));
    for (const query of ['?credential=operator', '?trail=unknown'])
      await api.expectStatus(403, api.call('GET', `/v1/audit${query}`, undefined, bearer(key)));
    await api.expectStatus(403, api.call('POST', '/v1/audit/search', { phoneNumber: '+4915146788700' }, bearer(key)));
    const about = await search({ subscriberId: alice.id }, bearer(key));
    expect(about.every(({ callerId }) => callerId === credentialId)).to.equal(true);
  });

  it('is read page by page', async () => {
    const first = await page('?limit=2');
    const second = await page(`?limit=2&cursor=${first.next}`);
    const times = [...first.entries, ...second.entries].map(({ time }) => time);
    expect(times).to.have.length(4);
    expect(times).to.deep.equal([...times].sort().reverse());
    for (const cursor of ['abc', '0-0', '1-99999999999999999999', '18446744073709551616-0'])
      await api.expectStatus(400, api.call('GET', `/v1/audit?cursor=${cursor}`));
    await api.expectStatus(400, api.call('GET', '/v1/audit?from=yesterday'));
  });

  it('is never lost silently: a success that cannot be written down is answered 503', async () => {
    await api.expectStatus(202, api.call('PUT', api.path(alice, 'now-playing'), TUNE));
    const client = await redisOf();
    await client.rename('earshot:{audit}:lanes', 'earshot:{audit}:aside');
    await client.set('earshot:{audit}:lanes', 'no set, so that SADD fails');
    const lost = await api.call('PUT', api.path(alice, 'now-playing'), TUNE);
    expect([lost.status, lost.body.code, lost.headers.get('retry-after')]).to.deep.equal([503, 'UNAVAILABLE', '2']);
    await api.expectStatus(503, api.call('GET', api.path(alice, 'friends')));
    await api.expectStatus(200, api.call('GET', api.path(alice, 'friends'), undefined, bearer(alice.token)));
    await api.expectStatus(403, api.call('GET', api.path(bob, 'friends'), undefined, bearer(alice.token)));
    const issue = () => api.call('POST', api.path(alice, 'tokens'), undefined, { 'idempotency-key': 'lost-entry' });
    await api.expectStatus(503, issue());
    await client.rename('earshot:{audit}:aside', 'earshot:{audit}:lanes');
    client.destroy();
    const again = await api.expectStatus(201, issue());
    expect(again.headers.get('idempotency-replayed'), 'was done once').to.equal('true');
    await api.expectStatus(202, api.call('PUT', api.path(alice, 'now-playing'), TUNE));
    expect((await api.call('GET', '/metrics')).text).to.match(/earshot_audit_failures_total\{[^}]*\} 4/);
  });

  it('holds no number, name, token, title or id of a subscriber', async () => {
    const client = await redisOf();
    const names = await client.keys('earshot:{audit}:*');
    const kinds = ['changes', 'exports', 'looks', 'refusals'];
    const streams = names.filter((name) => kinds.some((kind) => name.startsWith(`earshot:{audit}:${kind}:`)));
    const trails = streams.map((name) => client.xRange(name, '-', '+'));
    const kept = JSON.stringify([names, ...(await Promise.all(trails))]);
    client.destroy();
    expect(kept).to.contain('now-playing').and.to.contain('UNAUTHENTICATED');
    for (const { id, phoneNumber, token } of [alice, bob])
      for (const secret of [id, phoneNumber.slice(3), token]) expect(kept).to.not.contain(secret);
    for (const secret of ['Alice', 'A secret song', stack.operatorKey]) expect(kept).to.not.contain(secret);
  });

  async function redisOf() {
    const client = createClient({ url: stack.redis().url });
    await client.connect();
    return client;
  }
});

/** Sends the head of a request and the beginning of its body, and ends the connection once the gateway has asked for the rest. */
function hangUp(gatewayUrl: string, head: readonly string[]): Promise<void> {
  const { hostname, port } = new URL(gatewayUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () =>
      socket.write([...head, 'expect: 100-continue', '', '{'].join('\r\n')),
    );
    socket.once('data', () => socket.destroy());
    socket.on('close', () => resolve()).on('error', reject);
  });
}
