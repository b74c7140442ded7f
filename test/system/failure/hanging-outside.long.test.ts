import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { AUDIENCE, GRANT } from '../../support/http/carrier.ts';
import { bearer } from '../../support/http/credentials.ts';
import { claims, type Issuer, type SigningKey, startIssuer } from '../../support/http/issuer.ts';
import { joinFriends } from '../../support/pair.ts';
import { startSmsReceiver } from '../../support/servers/sms-receiver.ts';
import { startTestStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

const CARRIER = 'https://carrier.example';
const NOBODY = { authorization: '' };
/** More than the worker sends at the same time. */
const MANY = 20;

describe('somebody else’s server that hangs instead of dying', () => {
  let issuer: Issuer;
  let key: SigningKey;
  let sms: Awaited<ReturnType<typeof startSmsReceiver>>;
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let api: Api;
  let alice: Person;
  let bob: Person;
  let bobs: FriendClient;

  before(async () => {
    [issuer, sms] = await Promise.all([startIssuer(), startSmsReceiver()]);
    const made = await issuer.newKey();
    made.publish();
    key = made;
    stack = await startTestStack({
      env: {
        EARSHOT_PUBLISH_INTERVAL_MS: '0',
        EARSHOT_SOURCE_ALLOW: '127.0.0.1',
        EARSHOT_OAUTH_ISSUER: issuer.url,
        EARSHOT_OAUTH_AUDIENCE: 'https://earshot.example',
        EARSHOT_ASSERTION_ISSUER: CARRIER,
        EARSHOT_ASSERTION_JWKS_URL: `${issuer.url}/keys`,
        EARSHOT_ASSERTION_AUDIENCE: AUDIENCE,
        EARSHOT_SMS_WEBHOOK_URL: sms.url,
        EARSHOT_SMS_WEBHOOK_SECRET: sms.secret,
        EARSHOT_CODE_COUNTRIES: 'CN',
        EARSHOT_CODES_PER_ADDRESS: '1000/1',
      },
    });
    api = createApi(stack);
    [alice, bob] = await joinFriends(api);
    bobs = await connectFriend(stack, bob);
  });

  after(async () => {
    await bobs?.leave();
    await stack?.stop();
    await Promise.all([issuer?.stop(), sms?.stop()]);
  });

  /** A tune goes its whole way, and a book is matched. */
  async function everythingGoesOn(title: string): Promise<void> {
    await api.play(alice, { title });
    await bobs.hears(alice.jid, title);
    await api.putBook(bob, [{ name: title, phoneNumbers: [alice.phoneNumber] }]);
    await bobs.item(alice.jid, (item) => expect(item).to.include({ name: title }));
  }

  it('is the one that signs tokens and assertions: who comes with one hears 503 and when to come again, nobody else waits', async () => {
    const token = await key.sign(claims(issuer));
    const withAssertion = async () => {
      const seconds = Math.floor(Date.now() / 1000);
      const said = { iss: CARRIER, aud: AUDIENCE, sub: `tel:${alice.phoneNumber}`, jti: `${seconds}${Math.random()}` };
      const assertion = await key.sign({ ...said, iat: seconds, exp: seconds + 60 }, { typ: 'JWT' });
      return api.call('POST', '/v1/tokens', { grant_type: GRANT, assertion }, NOBODY);
    };
    const withToken = () =>
      api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: alice.phoneNumber }, bearer(token));

    const goOn = issuer.hang();
    const calls = Array.from({ length: MANY }, (_, i) => (i % 2 ? withToken() : withAssertion()));
    await everythingGoesOn('While keys cannot be had');
    for (const { status, headers, body } of await Promise.all(calls)) {
      expect([status, body.code]).to.deep.equal([503, 'UNAVAILABLE']);
      expect(headers.get('retry-after')).not.to.equal(null);
    }
    goOn();
    await eventually(async () => expect((await withAssertion()).status).to.equal(200));
    // Of a client that nobody has registered, but it is known by now who has signed it.
    await eventually(async () => expect((await withToken()).status).to.equal(401));
  });

  it('is the webhook of text messages: codes are promised as ever and arrive when it goes on, nothing else waits', async () => {
    const goOn = sms.hang();
    const numbers = Array.from({ length: MANY }, (_, i) => `+861380000${1_000 + i}`);
    const sent = await Promise.all(
      numbers.map((phoneNumber) =>
        api.expectStatus(202, api.call('POST', '/v1/verification/send-code', { phoneNumber }, NOBODY)),
      ),
    );
    await everythingGoesOn('While no code is sent');
    expect(sms.received).to.be.empty;
    goOn();
    for (const [i, phoneNumber] of numbers.entries()) {
      const { code } = await sms.smsTo(phoneNumber);
      const request = { authenticationId: sent[i]?.body.authenticationId, code };
      await api.expectStatus(200, api.call('POST', '/v1/verification/validate-code', request, NOBODY));
    }
  });

  it('is where somebody’s network address book is: its owner sees that it is being read, and everything else goes on', async () => {
    const asked: string[] = [];
    const silent = createServer(({ method }) => void asked.push(`${method}`));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/`;
      const path = api.path(bob, 'address-book/sources/silent');
      await api.expectStatus(202, api.call('PUT', path, { url }));
      await eventually(() => expect(asked).not.to.be.empty);
      await everythingGoesOn('While a book is not read');
      expect((await api.expectStatus(200, api.call('GET', path))).body).to.include({ state: 'reading', contacts: 0 });
      await api.expectStatus(204, api.call('DELETE', path));
    } finally {
      silent.closeAllConnections();
      await new Promise((resolve) => silent.close(resolve));
    }
  });
});
