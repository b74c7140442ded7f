import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { createApi } from '../../support/api.ts';
import { runEarshot } from '../../support/earshot-command.ts';
import { eventually } from '../../support/eventually.ts';
import { bearer, type IssuedCredential, issueKey } from '../../support/http/credentials.ts';
import { openEvents } from '../../support/http/event-stream.ts';
import { useStack } from '../../support/stack.ts';

describe('carriers’ credentials', () => {
  const stack = useStack({ env: { EARSHOT_LOG_LEVEL: 'trace' } });
  const api = createApi(stack);
  let keyFile: string;

  before(async () => {
    keyFile = join(stack.dataDir, 'operator-key');
    await writeFile(keyFile, `${stack.operatorKey}\n`, { mode: 0o600 });
  });

  async function earshot(...args: string[]): Promise<string> {
    const { code, out, err } = await runEarshot(args, {
      EARSHOT_URL: stack.gatewayUrl,
      EARSHOT_OPERATOR_KEY_FILE: keyFile,
    });
    expect(code, err).to.equal(0);
    return out;
  }
  const list = (key: string) => api.call('GET', '/v1/credentials', undefined, bearer(key));
  const retrieve = (key: string, phoneNumber: string) =>
    api.call('POST', '/v1/subscribers/retrieve', { phoneNumber }, bearer(key));

  it('are created, listed, rotated and revoked from the command line', async () => {
    const flags = ['--scope', 'subscribers:read', '--scope', 'tokens:write', '--range', '+4915', '--json'];
    const made: IssuedCredential = JSON.parse(await earshot('credential', 'create', '--name', 'North', ...flags));
    expect((await retrieve(made.key, '+4915146788700')).status).to.equal(404);

    const listed = JSON.parse(await earshot('credential', 'list', '--json')).credentials[0];
    expect(listed)
      .to.deep.include({
        name: 'North',
        state: 'active',
        scopes: ['subscribers:read', 'tokens:write'],
        ranges: ['+4915'],
      })
      .and.to.have.property('lastUsedAt');
    expect(listed).to.not.have.property('key');

    const id = made.credentialId;
    const next: IssuedCredential = JSON.parse(await earshot('credential', 'rotate', id, '--json', '--grace', '60'));
    for (const key of [made.key, next.key]) expect((await retrieve(key, '+4915146788700')).status).to.equal(404);
    await earshot('credential', 'rotate', id, '--grace', '0');
    for (const key of [made.key, next.key]) expect((await retrieve(key, '+4915146788700')).status).to.equal(401);

    await earshot('credential', 'revoke', id);
    expect(await earshot('credential', 'list'))
      .to.contain('revoked')
      .and.to.contain('"North"');
  });

  it('give out no more than they may themselves, and do not see or rotate what may more', async () => {
    const strong = await issueKey(api, ['credentials:write', 'imports:write'], []);
    const weak = await issueKey(api, ['credentials:write', 'tokens:write'], ['+49']);
    const create = (body: object) => api.call('POST', '/v1/credentials', { name: 'x', ...body }, bearer(weak.key));
    expect((await create({ scopes: ['imports:write'], ranges: ['+49'] })).status, 'another scope').to.equal(403);
    expect((await create({ scopes: ['tokens:write'] })).status, 'every number').to.equal(403);
    expect((await create({ scopes: ['tokens:write'], ranges: ['+4'] })).status, 'a wider range').to.equal(403);
    expect((await create({ scopes: ['tokens:write'], ranges: ['+4915'] })).status).to.equal(201);
    const seen = (await list(weak.key)).text;
    expect(seen).to.contain(weak.credentialId).and.not.contain(strong.credentialId);
    const rotate = api.call('POST', `/v1/credentials/${strong.credentialId}/rotate`, {}, bearer(weak.key));
    expect((await rotate).status).to.equal(404);
  });

  it('act within their ranges only, and learn nothing of what is outside', async () => {
    const known = await api.join('+8613800138000', 'Alice');
    const scopes = ['subscribers:read', 'subscribers:write', 'imports:write'];
    const { key } = await issueKey(api, scopes, ['+49']);
    const answers = await Promise.all(['+8613800138000', '+8613800138001'].map((number) => retrieve(key, number)));
    for (const { status, body } of answers)
      expect({ status, code: body.code }).to.deep.equal({ status: 403, code: 'PERMISSION_DENIED' });
    expect(answers[0]?.body.detail).to.equal(answers[1]?.body.detail);

    const nobody = '00000000-0000-4000-8000-000000000000';
    const [hidden, unknown] = await Promise.all(
      [known.id, nobody].map((id) =>
        api.call('GET', `/v1/subscribers/${id}`, undefined, { ...bearer(key), 'x-correlator': nobody }),
      ),
    );
    expect([hidden?.status, hidden?.text]).to.deep.equal([404, unknown?.text]);

    const own = await api.join('+4915146788701');
    const move = api.call('PATCH', `/v1/subscribers/${own.id}`, { phoneNumber: '+8613800138002' }, bearer(key));
    expect((await move).body.code, 'a number outside is not taken').to.equal('PERMISSION_DENIED');

    const rows = ['+8613800138000', '+8613800138003', '+4915146788702'].map(
      (phoneNumber) => `${JSON.stringify({ phoneNumber })}\n`,
    );
    const report = await api.call('POST', '/v1/imports', rows.join(''), {
      ...bearer(key),
      'content-type': 'application/x-ndjson',
    });
    const [first, second, third] = report.text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    expect(first).to.include({ outcome: 'refused', code: 'PERMISSION_DENIED' });
    expect({ ...second, row: 1 }).to.deep.equal(first);
    expect(third).to.include({ outcome: 'created' });
  });

  it('tie no number to somebody’s account without the scope for it', async () => {
    const request = { phoneNumber: '+4915146788703', jid: '+8613800138000@op.example' };
    const { key } = await issueKey(api, ['subscribers:write'], ['+49']);
    expect((await api.call('POST', '/v1/subscribers', request, bearer(key))).body.code).to.equal('PERMISSION_DENIED');
    const linking = await issueKey(api, ['subscribers:write', 'accounts:link'], ['+49']);
    const linked = await api.call(
      'POST',
      '/v1/subscribers',
      { ...request, jid: 'linked@op.example' },
      bearer(linking.key),
    );
    expect(linked.status).to.equal(201);
  });

  it('do not get the answers that others got with the same Idempotency-Key', async () => {
    const [one, two] = [await issueKey(api, ['credentials:write']), await issueKey(api, ['credentials:write'])];
    const create = (key: string) =>
      api.call(
        'POST',
        '/v1/credentials',
        { name: 'y', scopes: ['credentials:write'] },
        { ...bearer(key), 'idempotency-key': 'same' },
      );
    const [first, other, again] = [await create(one.key), await create(two.key), await create(one.key)];
    expect(again.body.key).to.equal(first.body.key);
    expect(other.body.key).to.not.equal(first.body.key);
  });

  it('hear nothing more on an open event stream once they are revoked', async () => {
    const person = await api.join('+4915146788709');
    const { key, credentialId } = await issueKey(api, ['friends:read'], ['+49']);
    const [carriers, own] = await Promise.all([
      openEvents(stack, { ...person, token: key }, person.id),
      openEvents(stack, person),
    ]);
    await api.call('DELETE', `/v1/credentials/${credentialId}`);
    await eventually(() => expect(carriers.ended()).to.equal(true));
    expect(own.ended()).to.equal(false);
    own.close();
  });

  it('see the friends of their subscribers without numbers outside their ranges, and no more once these have one', async () => {
    const [ours, theirs] = [await api.join('+4915146788720', 'Ours'), await api.join('+8613800138720', 'Theirs')];
    await api.putBook(ours, [{ name: 'Theirs', phoneNumbers: [theirs.phoneNumber] }]);
    await api.putBook(theirs, [{ name: 'Ours', phoneNumbers: [ours.phoneNumber] }]);
    await api.settled(ours, theirs);
    const { key } = await issueKey(api, ['friends:read'], ['+49']);
    const friends = `/v1/subscribers/${ours.id}/friends`;
    const [seen] = (await api.expectStatus(200, api.call('GET', friends, undefined, bearer(key)))).body
      .friends as unknown as object[];
    expect(seen).to.include({ subscriberId: theirs.id, name: 'Theirs', phoneNumber: null });
    expect((await api.friends(ours))[0]).to.include({ phoneNumber: theirs.phoneNumber });
    const stream = await openEvents(stack, { ...ours, token: key }, ours.id);
    await eventually(() => expect(stream.events).to.have.length(1));
    const [streamed] = (stream.events[0]?.data.friends ?? []) as object[];
    expect(streamed).to.include({ subscriberId: theirs.id, phoneNumber: null });
    await api.expectStatus(
      200,
      api.call('PATCH', `/v1/subscribers/${ours.id}`, { otherPhoneNumbers: ['+8613800138721'] }),
    );
    expect((await api.call('GET', friends, undefined, bearer(key))).status).to.equal(403);
    await eventually(() => expect(stream.ended()).to.equal(true));
  });

  it('say in WWW-Authenticate what is wanting (RFC 6750, section 3)', async () => {
    const { key } = await issueKey(api, ['imports:write']);
    const challenge = async (headers: Record<string, string>) =>
      (await api.call('GET', '/v1/credentials', undefined, headers)).headers.get('www-authenticate');
    expect(await challenge({ authorization: '' })).to.equal('Bearer');
    expect(await challenge(bearer('wrong'))).to.equal('Bearer error="invalid_token"');
    expect(await challenge(bearer(key))).to.equal('Bearer error="insufficient_scope", scope="credentials:write"');
  });

  it('are never written down', async () => {
    const { key } = await issueKey(api, ['imports:write']);
    await list(key);
    const places = [join(stack.dataDir, 'logs'), join(stack.dataDir, 'redis', 'appendonlydir')];
    for (const folder of places)
      for (const file of await readdir(folder))
        expect(await readFile(join(folder, file), 'utf8'), file).to.not.contain(key);
  });
});
