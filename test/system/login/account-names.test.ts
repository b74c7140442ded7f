import { xml } from '@xmpp/client';
import type { Element } from '@xmpp/xml';
import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { codeFor } from '../../support/http/codes.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient, letsIn } from '../../support/xmpp/friend-client.ts';

const [ALICE, BOB, UNKNOWN] = ['+8613800138000', '+8613900139000', '+8613700137000'] as const;
const NAME = /^[a-z]{5}(?:-[a-z]{5}){3}@op\.example$/;
const NOBODY = { authorization: '' };

/** What an account of the host can send to any address, to see whether it bounces. */
const PROBES: Record<string, (to: string) => Element> = {
  'a message without a body': (to) => xml('message', { to, type: 'chat' }),
  'a message': (to) => xml('message', { to, type: 'chat' }, xml('body', {}, 'Hello')),
  'a headline': (to) => xml('message', { to, type: 'headline' }, xml('body', {}, 'Hello')),
  'a presence': (to) => xml('presence', { to }),
  'a probe': (to) => xml('presence', { to, type: 'probe' }),
  'a subscription request': (to) => xml('presence', { to, type: 'subscribe' }),
  ...Object.fromEntries(
    [
      xml('query', { xmlns: 'http://jabber.org/protocol/disco#info' }),
      xml('query', { xmlns: 'http://jabber.org/protocol/disco#items' }),
      xml('vCard', { xmlns: 'vcard-temp' }),
      xml('query', { xmlns: 'jabber:iq:last' }),
      xml('ping', { xmlns: 'urn:xmpp:ping' }),
      xml(
        'pubsub',
        { xmlns: 'http://jabber.org/protocol/pubsub' },
        xml('items', { node: 'http://jabber.org/protocol/tune' }),
      ),
    ].map((child) => [`a request ${child.attrs.xmlns}`, (to: string) => xml('iq', { to, type: 'get' }, child)]),
  ),
};

describe('the names of accounts', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;

  before(async () => {
    [alice, bob] = [await api.join(ALICE, 'Alice'), await api.join(BOB, 'Bob')];
    await stack.server().makeAccount('mallory@op.example', 'secret');
  });

  it('hold nothing of the number, whoever makes the account, and stay when the number changes', async () => {
    for (const { jid } of [alice, bob]) expect(jid).to.match(NAME);
    expect(await letsIn(stack, alice)).to.equal(true);
    const row = await api.call('POST', '/v1/imports', `{"phoneNumber":"+8613500135000"}\n`, {
      'content-type': 'application/x-ndjson',
    });
    const { subscriberId } = JSON.parse(row.text.split('\n')[0] ?? '') as { subscriberId: string };
    const path = `/v1/subscribers/${subscriberId}`;
    // Its account is made beside.
    const { jid } = (await eventually(() => api.expectStatus(200, api.call('GET', path)))).body;
    expect(jid).to.match(NAME);
    await api.expectStatus(200, api.call('PATCH', path, { phoneNumber: '+8613500135001' }));
    expect((await api.call('GET', path)).body.jid).to.equal(jid);
  });

  it('let nobody ask the server which numbers are subscribers, by whatever stanza', async () => {
    await api.expectStatus(
      200,
      api.call('PUT', api.path(bob, 'privacy'), {
        discoverable: false,
        audience: 'friends',
        privateUntil: null,
        blocked: [],
      }),
    );
    const mallory = await connectFriend(stack, { jid: 'mallory@op.example', password: 'secret' });
    const hosts = [stack.xmpp.domain, `tune.${stack.xmpp.domain}`];
    for (const [what, probe] of Object.entries(PROBES))
      for (const host of hosts) {
        const seen = [];
        for (const number of [ALICE, BOB, UNKNOWN]) seen.push(await answersTo(mallory, `${number}@${host}`, probe));
        expect(seen[0], `${what} to ${host}`).to.deep.equal(seen[2]);
        expect(seen[1], `${what} to ${host}, of who hides`).to.deep.equal(seen[2]);
      }
    expect(
      await answersTo(mallory, `${UNKNOWN}@op.example`, PROBES['a message without a body'] as never),
    ).to.deep.equal(['message error service-unavailable']);
    await mallory.leave();
  });
});

describe('accounts named after numbers, if the operator wants that', () => {
  const stack = useStack({ env: { EARSHOT_ACCOUNT_NAMES: 'number' } });
  const api = createApi(stack);

  it('are not taken over when Earshot has not made them', async () => {
    await stack.server().makeAccount('+4915146788795@op.example', 'somebody’s own');
    const { body } = await api.expectStatus(
      409,
      api.call('POST', '/v1/subscribers', { phoneNumber: '+4915146788795' }),
    );
    expect(body.code).to.equal('ALREADY_EXISTS');
    await api.expectStatus(404, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: '+4915146788795' }));
  });

  it('lock out nobody whose number somebody had before who kept the account', async () => {
    const alice = await api.join(ALICE, 'Alice');
    expect(alice.jid).to.equal(`${ALICE}@op.example`);
    await api.expectStatus(200, api.call('PATCH', `/v1/subscribers/${alice.id}`, { phoneNumber: UNKNOWN }));
    const sent = await api.expectStatus(
      202,
      api.call('POST', '/v1/verification/send-code', { phoneNumber: ALICE }, NOBODY),
    );
    const login = { authenticationId: sent.body.authenticationId, code: await codeFor(api, ALICE) };
    const { body } = await api.expectStatus(200, api.call('POST', '/v1/verification/validate-code', login, NOBODY));
    expect(body.subscriberId).to.not.equal(alice.id);
    expect(body.jid).to.match(NAME);
    expect(await letsIn(stack, { jid: String(body.jid), password: String(body.password) })).to.equal(true);
    expect(await letsIn(stack, alice)).to.equal(true);
  });
});

/** Everything that comes back until a request that was sent afterwards is answered: kind, type and condition, without the address. */
async function answersTo(who: FriendClient, to: string, probe: (to: string) => Element): Promise<string[]> {
  const seen: string[] = [];
  const note = (stanza: Element) => {
    if (stanza.attrs.from?.split('/')[0] !== to) return;
    const condition = stanza.getChild('error')?.getChildElements()[0]?.name ?? '';
    seen.push([stanza.name, stanza.attrs.type ?? '', condition].join(' ').trim());
  };
  who.xmpp.on('stanza', note);
  const stanza = probe(to);
  stanza.attrs.id = `probe-${Math.random()}`;
  await who.xmpp.send(stanza);
  // The server, and the component behind it, take what one client sends in its order.
  for (const host of [undefined, `tune.${to.slice(to.indexOf('@') + 1).replace(/^tune\./, '')}`])
    await who.xmpp.iqCaller.request(
      xml('iq', { type: 'get', ...(host ? { to: host } : {}) }, xml('ping', { xmlns: 'urn:xmpp:ping' })),
    );
  who.xmpp.removeListener('stanza', note);
  return seen;
}
