import { xml } from '@xmpp/client';
import { expect } from 'chai';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { AUDIENCE, GRANT, startCarrier } from '../../support/http/carrier.ts';
import { codeFor } from '../../support/http/codes.ts';
import { startTestStack } from '../../support/stack.ts';
import { createCommander } from '../../support/xmpp/adhoc.ts';
import { connectFriend, letsIn } from '../../support/xmpp/friend-client.ts';
import { connectIq } from '../../support/xmpp/iq-client.ts';

const REGISTER = 'jabber:iq:register';
const NOBODY = { authorization: '' };

describe('a number that has become somebody else’s', () => {
  let stack: Awaited<ReturnType<typeof startTestStack>>;
  let carrier: Awaited<ReturnType<typeof startCarrier>>;
  let api: Api;
  let carol: Person;
  let people = 0;

  before(async () => {
    carrier = await startCarrier();
    stack = await startTestStack({
      policy: 'either',
      env: {
        // Who is not online is silent for long.
        EARSHOT_NUMBER_QUARANTINE_DAYS: '0',
        EARSHOT_CODES_PER_ADDRESS: '1000/1',
        EARSHOT_CODES_PER_NUMBER_AND_ADDRESS: '1000/1',
        EARSHOT_ASSERTION_ISSUER: carrier.issuer,
        EARSHOT_ASSERTION_JWKS_URL: carrier.jwksUrl,
        EARSHOT_ASSERTION_AUDIENCE: AUDIENCE,
      },
    });
    api = createApi(stack);
    carol = await api.join('+8613700137000', 'Carol');
  });

  after(async () => {
    await stack?.stop();
    await carrier?.stop();
  });

  /** Somebody with a life behind the number: a friend, a token, an account. */
  async function live(): Promise<Person> {
    people += 1;
    const alice = await api.join(`+861380013800${people}`, 'Alice');
    await api.putBook(alice, [{ name: 'My Carol', phoneNumbers: [carol.phoneNumber] }]);
    await eventually(async () => expect((await api.friends(alice)).map(({ name }) => name)).to.include('My Carol'));
    return alice;
  }

  async function nothingIsLeftOf(alice: Person): Promise<void> {
    const old = { authorization: `Bearer ${alice.token}` };
    await api.expectStatus(401, api.call('GET', '/v1/subscribers/me', undefined, old));
    await api.expectStatus(404, api.call('GET', `/v1/subscribers/${alice.id}`));
    await eventually(async () => expect(await letsIn(stack, alice), 'the old account').to.equal(false));
    await eventually(async () =>
      expect((await api.friends(carol)).map(({ subscriberId }) => subscriberId)).to.not.include(alice.id),
    );
  }

  const ownerOf = async (phoneNumber: string) =>
    (await api.expectStatus(200, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber }))).body as unknown as {
      subscriberId: string;
      jid: string;
    };

  it('logs its new owner in as somebody new, who says so with the code', async () => {
    const alice = await live();
    const { phoneNumber } = alice;
    const send = async () => {
      const { body } = await api.expectStatus(
        202,
        api.call('POST', '/v1/verification/send-code', { phoneNumber }, NOBODY),
      );
      return { authenticationId: body.authenticationId, code: await codeFor(api, phoneNumber) };
    };
    const former = await send();
    const login = await send();
    const validate = (more: object, proof = login) =>
      api.call('POST', '/v1/verification/validate-code', { ...proof, ...more }, NOBODY);
    expect((await api.expectStatus(409, validate({}))).body.code).to.equal('CONFIRMATION_REQUIRED');
    const { body } = await api.expectStatus(200, validate({ existing: 'startAnew' }));
    expect(body.subscriberId).to.not.equal(alice.id);
    expect(body.jid).to.not.equal(alice.jid);
    // The former owner may have asked for it.
    await api.expectStatus(401, validate({ existing: 'continue' }, former));
    const zoe = { jid: String(body.jid), password: String(body.password) };
    const zoes = await connectFriend(stack, zoe);
    expect(await zoes.roster()).to.deep.equal([]);
    await zoes.leave();
    const own = { authorization: `Bearer ${body.token}` };
    const { text } = await api.expectStatus(200, api.call('GET', '/v1/subscribers/me/export', undefined, own));
    expect(text).to.not.contain('My Carol').and.not.contain(alice.id);
    await nothingIsLeftOf(alice);
    const found = await api.call('POST', '/v1/audit/search', { subscriberId: alice.id });
    expect(JSON.stringify(found.body)).to.contain('POST /v1/verification/validate-code');
  });

  it('takes the same assertion again, with the answer', async () => {
    const alice = await live();
    const assertion = await carrier.assert(alice.phoneNumber);
    const exchange = (more: object) =>
      api.call('POST', '/v1/tokens', { grant_type: GRANT, assertion, ...more }, NOBODY);
    expect((await api.expectStatus(400, exchange({}))).body.error).to.equal('interaction_required');
    const { body } = await api.expectStatus(200, exchange({ existing: 'continue' }));
    expect(body.subscriberId).to.equal(alice.id);
    const another = { grant_type: GRANT, assertion: await carrier.assert(alice.phoneNumber), existing: 'startAnew' };
    const anew = await api.expectStatus(200, api.call('POST', '/v1/tokens', another, NOBODY));
    expect(anew.body.subscriberId).to.not.equal(alice.id);
    await nothingIsLeftOf(alice);
  });

  it('asks in in-band registration, where a word behind the code answers', async () => {
    for (const [word, same] of [
      ['mine', true],
      ['Anew', false],
    ] as const) {
      const alice = await live();
      const { phoneNumber } = alice;
      const jid = `register-${word.toLowerCase()}@op.example`;
      await stack.server().makeAccount(jid, 'secret');
      const guest = await connectIq(stack, { jid, password: 'secret' });
      const register = (misc?: string) =>
        guest.set(
          xml(
            'query',
            { xmlns: REGISTER },
            xml('phone', {}, phoneNumber),
            ...(misc === undefined ? [] : [xml('misc', {}, misc)]),
          ),
        );
      await register();
      const code = await codeFor(api, phoneNumber);
      const { error } = await register(code);
      expect(error).to.include({ type: 'modify', condition: 'not-acceptable' });
      expect(error?.text).to.contain('“anew”');
      expect((await ownerOf(phoneNumber)).jid).to.equal(alice.jid);
      expect((await register(`${code} ${word}`)).error).to.equal(undefined);
      const owner = await ownerOf(phoneNumber);
      expect([owner.jid, owner.subscriberId === alice.id]).to.deep.equal([jid, same]);
      await guest.leave();
      if (!same) await nothingIsLeftOf(alice);
    }
  });

  it('asks in a command, with the answers to choose from', async () => {
    const alice = await live();
    const { phoneNumber } = alice;
    const jid = 'command@op.example';
    await stack.server().makeAccount(jid, 'secret');
    const guest = await connectFriend(stack, { jid, password: 'secret' });
    const commands = createCommander(guest.xmpp);
    const form = await commands.start('link');
    await commands.submit('link', form, { number: phoneNumber });
    const asked = await commands.submit('link', form, { code: await codeFor(api, phoneNumber) });
    expect(asked.fields.existing?.options).to.have.keys('continue', 'startAnew');
    expect((await ownerOf(phoneNumber)).subscriberId).to.equal(alice.id);
    const done = await commands.submit('link', form, { existing: 'startAnew' });
    expect(done.notes[0]?.text).to.contain(`linked to ${phoneNumber}`);
    const owner = await ownerOf(phoneNumber);
    expect(owner.jid).to.equal(jid);
    expect(owner.subscriberId).to.not.equal(alice.id);
    await guest.leave();
    await nothingIsLeftOf(alice);
  });

  it('is not asked about while its subscriber is online', async () => {
    const alice = await live();
    const alices = await connectFriend(stack, alice);
    await eventually(async () => {
      const assertion = await carrier.assert(alice.phoneNumber);
      const { status, body } = await api.call('POST', '/v1/tokens', { grant_type: GRANT, assertion }, NOBODY);
      expect([status, body.subscriberId]).to.deep.equal([200, alice.id]);
    });
    await alices.leave();
  });
});
