import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { codeFor } from '../../support/http/codes.ts';
import { bearer } from '../../support/http/credentials.ts';
import { swapSim } from '../../support/http/line-events.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, letsIn } from '../../support/xmpp/friend-client.ts';

describe('the XMPP account of somebody whose SIM was swapped', () => {
  const stack = useStack();
  const api = createApi(stack);

  const opens = ({ jid }: Person, password: unknown) => letsIn(stack, { jid, password: String(password) });
  const closed = (person: Person) =>
    eventually(async () => expect(await opens(person, person.password)).to.equal(false));

  /** Whoever has the phone now proves so, and sets a password. */
  async function signInAnew({ phoneNumber }: Person): Promise<unknown> {
    const { body: sent } = await api.expectStatus(
      202,
      api.call('POST', '/v1/verification/send-code', { phoneNumber }, { authorization: '' }),
    );
    const proof = { authenticationId: sent.authenticationId, code: await codeFor(api, phoneNumber) };
    const { body: logged } = await api.expectStatus(200, api.call('POST', '/v1/verification/validate-code', proof));
    // Who asks while others are being locked out is told to try again.
    return eventually(async () => {
      const renewed = await api.call('POST', '/v1/subscribers/me/password', undefined, bearer(String(logged.token)));
      expect(renewed.status, renewed.text).to.equal(200);
      return renewed.body.password;
    });
  }

  it('ends what is connected to it and lets nobody in, until whoever has the phone now sets a password', async () => {
    const alice = await api.join('+8613800138000', 'Alice');
    const { xmpp, leave } = await connectFriend(stack, alice);
    xmpp.reconnect.stop();
    const isOut = new Promise((resolve) => xmpp.once('disconnect', resolve));
    await swapSim(api, alice);
    await isOut;
    await leave();
    expect(await opens(alice, alice.password)).to.equal(false);
    const password = await signInAnew(alice);
    expect([await opens(alice, alice.password), await opens(alice, password)]).to.deep.equal([false, true]);
  });

  it('is locked when the component is back, where it was away', async () => {
    const bob = await api.join('+8613900139000', 'Bob');
    await stack.kill('component');
    await swapSim(api, bob);
    expect(await opens(bob, bob.password), 'nobody can do it yet').to.equal(true);
    await stack.restart('component');
    await closed(bob);
  });

  it('is locked where one of several numbers becomes somebody else’s, and its subscriber stays', async () => {
    const carol = await api.join('+8613700137000', 'Carol');
    const [phoneNumber, other] = ['+8613700137000', '+8613700137001'];
    await api.expectStatus(
      200,
      api.call('PATCH', `/v1/subscribers/${carol.id}`, { phoneNumber, otherPhoneNumbers: [other] }),
    );
    await api.expectStatus(204, api.call('POST', '/v1/numbers/recycle', { phoneNumber: other }));
    await closed(carol);
    expect((await api.call('GET', `/v1/subscribers/${carol.id}`)).body).to.include({ phoneNumber });
  });

  it('keeps its password where it was not made here', async () => {
    await stack.server().makeAccount('own@op.example', 'of my own');
    const own = { phoneNumber: '+8613800138009', jid: 'own@op.example' };
    await api.expectStatus(201, api.call('POST', '/v1/subscribers', own));
    const dave = await api.join('+8613400134000', 'Dave');
    await swapSim(api, own);
    // What comes of the second is done after what would come of the first.
    await swapSim(api, dave);
    await closed(dave);
    expect(await letsIn(stack, { jid: own.jid, password: 'of my own' })).to.equal(true);
  });
});
