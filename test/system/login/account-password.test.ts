import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { bearer, issueKey } from '../../support/http/credentials.ts';
import { useStack } from '../../support/stack.ts';
import { createCommander } from '../../support/xmpp/adhoc.ts';
import { connectFriend, letsIn } from '../../support/xmpp/friend-client.ts';

describe('the password of an XMPP account that was made here', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;

  before(async () => {
    alice = await api.join('+8613800138000', 'Alice');
  });

  const renew = (id: string, headers: Record<string, string> = {}) =>
    api.call('POST', `/v1/subscribers/${id}/password`, undefined, headers);
  const opens = (password: unknown) => letsIn(stack, { jid: alice.jid, password: String(password) });

  it('is set anew and shown, to the subscriber and to a carrier; the one before logs in no more', async () => {
    const own = await api.expectStatus(200, renew('me', bearer(alice.token)));
    expect(own.body).to.include({ jid: alice.jid }).and.to.have.keys('jid', 'password');
    expect(own.headers.get('cache-control')).to.equal('no-store');
    expect([await opens(alice.password), await opens(own.body.password)]).to.deep.equal([false, true]);
    const { key } = await issueKey(api, ['tokens:write'], ['+86']);
    const carriers = await api.expectStatus(200, renew(alice.id, bearer(key)));
    expect([await opens(own.body.password), await opens(carriers.body.password)]).to.deep.equal([false, true]);
    const { body } = await api.call('POST', '/v1/audit/search', { subscriberId: alice.id });
    const entries = body.entries as unknown as { operation: string; caller: string }[];
    expect(
      entries.filter(({ operation }) => operation.endsWith('/password')).map(({ caller }) => caller),
    ).to.deep.equal(['key', 'subscriber']);
  });

  it('is told again, and not set again, with the same Idempotency-Key', async () => {
    const headers = { ...bearer(alice.token), 'idempotency-key': 'lost-on-the-way' };
    const first = await api.expectStatus(200, renew('me', headers));
    const again = await api.expectStatus(200, renew('me', headers));
    expect(again.body).to.deep.equal(first.body);
    expect(await opens(first.body.password)).to.equal(true);
  });

  it('is one, however many ask at once: whoever is told a password was not told that of another', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => renew(alice.id)));
    expect(answers.map(({ status }) => status)).to.include(200);
    for (const { status, text } of answers) expect(status, text).to.be.oneOf([200, 409]);
    const told = answers.filter(({ status }) => status === 200).map(({ body }) => body.password);
    expect(new Set(told).size).to.equal(told.length);
    const good = await Promise.all(told.map(opens));
    expect(good.filter(Boolean)).to.have.length(1);
  });

  it('is told at once not to be there, when the subscriber leaves while it is set', async () => {
    for (let i = 0; i < 8; i += 1) {
      const { id } = await api.join(`+86138001381${10 + i}`);
      const [answer] = await Promise.all([
        renew(id),
        api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${id}`)),
      ]);
      expect(answer.status, answer.text).to.be.oneOf([200, 404]);
    }
  });

  it('is nobody’s to set where the account was not made here', async () => {
    await stack.server().makeAccount('own@op.example', 'of my own');
    const created = await api.call('POST', '/v1/subscribers', { phoneNumber: '+8613800138009', jid: 'own@op.example' });
    const answer = await api.expectStatus(409, renew(String(created.body.subscriberId)));
    expect(answer.body).to.include({ code: 'CONFLICT' });
    expect(answer.body.detail).to.contain('not made here');
    expect(await letsIn(stack, { jid: 'own@op.example', password: 'of my own' })).to.equal(true);
    expect((await api.call('POST', `/v1/subscribers/${alice.id}/password`, { password: 'of my own' })).status).to.equal(
      400,
    );
  });

  it('is shown by a command and set after a yes; the client that asks is logged out, and gets in with it', async () => {
    const { body } = await api.expectStatus(200, renew(alice.id));
    const client = await connectFriend(stack, { jid: alice.jid, password: String(body.password) });
    const hers = createCommander(client.xmpp);
    const shown = await hers.start('account');
    const [, password] = /will be ([\w-]{24}) /.exec(shown.instructions) ?? [];
    const refused = await hers.submit('account', shown, { confirm: '0' });
    expect(refused.status).to.equal('executing');
    expect([await opens(body.password), await opens(password)]).to.deep.equal([true, false]);
    const offline = new Promise((resolve) => client.xmpp.once('disconnect', resolve));
    client.xmpp.reconnect.stop();
    void hers.submit('account', shown, { confirm: '1' });
    await offline;
    await eventually(async () => expect(await opens(password)).to.equal(true));
    expect(await opens(body.password)).to.equal(false);
    await client.leave();
  });
});
