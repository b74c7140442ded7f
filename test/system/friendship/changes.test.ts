import { expect } from 'chai';
import { createClient } from 'redis';
import type { Stack } from '../../../local/stack/stack.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { openEvents } from '../../support/http/event-stream.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';
import { xmppClient } from '../../support/xmpp/xmpp-client.ts';

describe('people who come, change and go', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let alices: FriendClient;

  before(async () => {
    alice = await api.join('+8613800138000', 'Alice');
    alices = await connectFriend(stack, alice);
  });

  after(async () => alices?.leave());

  it('become friends when the one joins whose number the book already holds', async () => {
    await api.putBook(alice, [{ name: 'Bob, not here yet', phoneNumbers: ['139 0013 9000'] }]);
    await api.settled(alice);
    expect(await api.friends(alice)).to.be.empty;
    bob = await api.join('+8613900139000', 'Bob');
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: ['+86 138 0013 8000'] }]);
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob, not here yet' }));
    await api.play(bob, { title: 'A late joiner’s tune' });
    await alices.hears(bob.jid, 'A late joiner’s tune');
  });

  it('lose their friends with their old number, and find them again under the new one', async () => {
    await api.expectStatus(200, api.call('PATCH', `/v1/subscribers/${bob.id}`, { phoneNumber: '+8613900139001' }));
    await alices.item(bob.jid, (item) => expect(item).to.equal(undefined));
    await api.putBook(alice, [{ name: 'Bob, new number', phoneNumbers: ['13900139001'] }]);
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob, new number' }));
    const answer = await api.expectStatus(
      200,
      api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: '+86 139 0013 9001' }),
    );
    expect(answer.body.subscriberId).to.equal(bob.id);
    await api.expectStatus(404, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber: '+8613900139000' }));
  });

  it('go by their own display name where the book has their number alone, and by its name and groups once it says them', async () => {
    const contact = { uid: 'c-1', phoneNumbers: ['13900139001'] };
    const put = api.call('PUT', api.path(alice, 'address-book'), { contacts: [contact] });
    expect((await api.expectStatus(202, put)).body).to.deep.include({ contacts: 1, rejected: [] });
    await alices.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob' }));
    expect((await api.friends(alice))[0]).to.include({ name: 'Bob', phoneNumber: '+8613900139001' });
    const named = { ...contact, name: 'Bob, new number', groups: ['Band'] };
    await api.expectStatus(202, api.call('PATCH', api.path(alice, 'address-book'), { upsert: [named] }));
    await alices.item(bob.jid, (item) => {
      expect(item).to.include({ subscription: 'both', name: 'Bob, new number' });
      expect(item?.groups).to.deep.equal(['Band']);
    });
    expect((await api.friends(alice))[0]).to.include({ name: 'Bob, new number' });
  });

  /** What the XMPP server says to it: a full JID, or a condition of SASL. */
  async function login(person: Person): Promise<string> {
    const xmpp = xmppClient(stack, person);
    xmpp.on('error', () => {});
    // One that is cut off in the middle is never answered, and tried again.
    xmpp.timeout = 10_000;
    try {
      return String(await xmpp.start());
    } catch (err) {
      return (err as { condition?: string }).condition ?? String(err);
    } finally {
      await xmpp.stop();
    }
  }

  it('leave nothing behind when they are removed: no roster item, no tune, no token, no trace in the store', async () => {
    const events = await openEvents(stack, alice);
    const own = await openEvents(stack, bob);
    await api.play(bob, { title: 'The last tune' });
    await alices.hears(bob.jid, 'The last tune');
    await api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${bob.id}`));
    expect((await api.call('GET', `/v1/subscribers/${bob.id}`)).status).to.equal(404);
    expect(
      (await api.call('GET', '/v1/subscribers/me', undefined, { authorization: `Bearer ${bob.token}` })).status,
    ).to.equal(401);
    await alices.item(bob.jid, (item) => expect(item).to.equal(undefined));
    await events.next('friend-removed', (data) => expect(data).to.deep.equal({ subscriberId: bob.id }));
    await eventually(() => expect(own.ended()).to.equal(true));
    events.close();
    // The account that was made goes last, when everything in it is undone.
    await eventually(async () => expect(await login(bob)).to.equal('not-authorized'));
    await eventually(async () => expect(await keysNaming(stack, bob.id)).to.be.empty);
  });

  it('can come back with the same number as somebody new, whose old friends are found by the books', async () => {
    const again = await api.join('+8613900139001', 'Bob again');
    expect(again.id).to.not.equal(bob.id);
    await api.putBook(again, [{ name: 'Alice', phoneNumbers: ['13800138000'] }]);
    await alices.item(again.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob, new number' }));
  });

  it('may be added before their account is there; everything follows when it is', async () => {
    const { body } = await api.expectStatus(
      201,
      api.call('POST', '/v1/subscribers', { phoneNumber: '+8613700137000', jid: 'dora@op.example' }),
    );
    const dora: Person = {
      id: String(body.subscriberId),
      jid: 'dora@op.example',
      password: 'later',
      phoneNumber: '+8613700137000',
      token: '',
    };
    await api.putBook(dora, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    await api.putBook(alice, [{ name: 'Dora', phoneNumbers: [dora.phoneNumber] }]);
    await alices.item(dora.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Dora' }));
    await stack.server().makeAccount(dora.jid, dora.password);
    const doras = await connectFriend(stack, dora);
    await api.putBook(dora, [{ name: 'Alice W.', phoneNumbers: [alice.phoneNumber] }]);
    await doras.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Alice W.' }));
    await doras.leave();
  });
});

/** Keys that name the subscriber, and hashes and sets that hold it. */
async function keysNaming(stack: Stack, id: string): Promise<string[]> {
  const redis = createClient({ url: stack.redis().url });
  await redis.connect();
  const found: string[] = [];
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key);
    const content =
      type === 'hash'
        ? await redis.hGetAll(key)
        : type === 'set'
          ? await redis.sMembers(key)
          : type === 'zset'
            ? await redis.zRange(key, 0, -1)
            : '';
    if (!key.includes(':queue}') && (key.includes(id) || JSON.stringify(content).includes(id))) found.push(key);
  }
  redis.destroy();
  return found;
}
