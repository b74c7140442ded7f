import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

describe('a JID that changes', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '200' } });
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;
  let bobs: FriendClient;
  let old: FriendClient;

  before(async () => {
    [alice, bob] = await joinPair(api);
    bobs = await connectFriend(stack, bob);
    old = await connectFriend(stack, alice);
    await old.setItem({ jid: bob.jid, name: 'My Bob' });
    await api.putBook(alice, [{ name: 'Bob', phoneNumbers: [bob.phoneNumber] }]);
    await api.putBook(bob, [{ name: 'Ali', phoneNumbers: [alice.phoneNumber] }]);
    await bobs.item(alice.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Ali' }));
    await old.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'My Bob' }));
  });

  after(async () => {
    await bobs?.leave();
    await old?.leave();
  });

  /** An account that is there, and the subscriber as it is known by it. */
  async function account(name: string): Promise<Person> {
    await stack.server().makeAccount(`${name}@op.example`, 'secret');
    return { ...alice, jid: `${name}@op.example`, password: 'secret' };
  }

  /** Who comes back is told to try again while what was there is still being undone. */
  const move = async (jid: string, status = 200) => {
    const answer = await eventually(async () => {
      const tried = await api.call('PATCH', `/v1/subscribers/${alice.id}`, { jid });
      expect(tried.body.code).to.not.equal('CONFLICT');
      return tried;
    });
    return api.expectStatus(status, Promise.resolve(answer));
  };

  it('takes friends and tune along, and leaves the old account as its user had it', async () => {
    await api.play(alice, { title: 'While moving', length: 300 });
    await bobs.hears(alice.jid, 'While moving');
    const moved = await account('alice');
    expect((await move('Alice@OP.example')).body).to.include({ jid: moved.jid });
    await bobs.item(moved.jid, (item) =>
      expect(item).to.deep.equal({ jid: moved.jid, subscription: 'both', name: 'Ali', groups: [] }),
    );
    await bobs.item(alice.jid, (item) => expect(item).to.equal(undefined));
    await bobs.hears(moved.jid, 'While moving');
    await old.item(bob.jid, (item) =>
      expect(item).to.deep.equal({ jid: bob.jid, subscription: 'none', name: 'My Bob', groups: [] }),
    );
    await old.hears(alice.jid, undefined);
    const client = await connectFriend(stack, moved);
    await client.item(bob.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Bob' }));
    await api.play(bob, { title: 'Heard at the new place', length: 300 });
    await client.hears(bob.jid, 'Heard at the new place');
    await client.leave();
    await eventually(async () => expect((await api.friends(bob))[0]).to.include({ jid: moved.jid, name: 'Ali' }));
    expect(await api.friends(alice)).to.have.length(1);
  });

  it('is refused when it is another subscriber’s, on another host, or none at all', async () => {
    expect((await move(bob.jid, 409)).body.code).to.equal('ALREADY_EXISTS');
    for (const jid of ['alice@elsewhere.example', 'op.example', 'alice@op.example/phone'])
      expect((await move(jid, 400)).body.code).to.equal('INVALID_ARGUMENT');
    expect((await api.call('GET', `/v1/subscribers/${alice.id}`)).body.jid).to.equal('alice@op.example');
  });

  it('may be handed to another subscriber, who finds nothing of the one before', async () => {
    const heir = await eventually(() =>
      api.expectStatus(201, api.call('POST', '/v1/subscribers', { phoneNumber: '+8613600136000', jid: alice.jid })),
    );
    expect(heir.body.jid).to.equal(alice.jid);
    await api.settled(alice, bob);
    expect((await old.roster()).filter((item) => item.subscription !== 'none')).to.be.empty;
    const path = `/v1/subscribers/${heir.body.subscriberId}`;
    expect((await api.call('GET', `${path}/friends`)).body.friends).to.be.empty;
    expect((await api.call('GET', `${path}/now-playing`)).status).to.equal(204);
    expect((await bobs.roster()).map((item) => item.jid)).to.deep.equal(['alice@op.example']);
    expect((await move(alice.jid, 409)).body.code).to.equal('ALREADY_EXISTS');
    await api.expectStatus(204, api.call('DELETE', path));
  });

  it('may change there and back, again and again', async () => {
    await account('two');
    for (const jid of ['two@op.example', 'alice@op.example', 'two@op.example', 'alice@op.example']) await move(jid);
    await bobs.item('alice@op.example', (item) => expect(item).to.include({ subscription: 'both', name: 'Ali' }));
    await api.settled(alice, bob);
    await api.play(alice, { title: 'Back again', length: 300 });
    await bobs.hears('alice@op.example', 'Back again');
    const two = await connectFriend(stack, { jid: 'two@op.example', password: 'secret' });
    await eventually(async () => {
      expect(await two.roster()).to.be.empty;
      expect((await bobs.roster()).map((item) => item.jid)).to.deep.equal(['alice@op.example']);
    });
    await two.leave();
  });

  it('takes along who may see the tune, and leaves the old node open to its contacts', async () => {
    const open = { discoverable: true, audience: 'friends', privateUntil: null, blocked: [] };
    const consent = (settings: object) =>
      api.expectStatus(200, api.call('PUT', api.path(alice, 'privacy'), { ...open, ...settings }));
    const nodeOf = async (owner: Person) => {
      const client = await connectFriend(stack, owner);
      const node = { access: await client.tuneAccess(), named: await client.tuneMembers() };
      await client.leave();
      return node;
    };
    const closed = (owner: Person) =>
      eventually(async () => {
        const { access, named } = await nodeOf(owner);
        expect(access).to.equal('whitelist');
        expect(named).to.include(bob.jid);
        // Who is blocked is kept out by being no member, and named to nobody.
        expect(named).to.not.include(carol.jid);
      });
    const carol = await api.join('+8613700137000', 'Carol');
    const [choosy, wary] = [await account('choosy'), await account('wary')];
    await api.putBook(alice, [{ name: 'Bob', phoneNumbers: [bob.phoneNumber], groups: ['Family'] }]);
    await move(choosy.jid);
    await consent({ audience: { groups: ['Family'] }, blocked: [{ phoneNumber: carol.phoneNumber }] });
    await api.play(alice, { title: 'For the family', length: 300 });
    await bobs.hears(choosy.jid, 'For the family');
    await closed(choosy);
    await move(wary.jid);
    await bobs.hears(wary.jid, 'For the family');
    await closed(wary);
    await eventually(async () => {
      const { access, named } = await nodeOf(choosy);
      expect(access).to.equal('presence');
      expect(named).to.not.include(bob.jid).and.not.include(carol.jid);
    });
    await consent({});
  });

  for (const pause of [0, 30, 80, 200])
    it(`survives a component that is killed ${pause} ms later, and the old JID is nobody’s until all is undone`, async () => {
      const from = String((await api.call('GET', `/v1/subscribers/${alice.id}`)).body.jid);
      const moved = await account(`after${pause}`);
      await api.play(alice, { title: `Before ${pause}`, length: 300 });
      await bobs.hears(from, `Before ${pause}`);
      await move(moved.jid);
      await sleep(pause);
      await stack.kill('component');
      await stack.restart('component');
      const heir = async () =>
        api.call('POST', '/v1/subscribers', { phoneNumber: '+8613600136000', jid: from }).then((answer) => {
          expect(answer.status).to.be.oneOf([201, 409]);
          if (answer.status === 409) expect(answer.body.code).to.equal('CONFLICT');
          expect(answer.status).to.equal(201);
          return `/v1/subscribers/${answer.body.subscriberId}`;
        });
      let path = '';
      await eventually(async () => {
        path = await heir();
      });
      const left = await connectFriend(stack, { jid: from, password: from === alice.jid ? alice.password : 'secret' });
      expect((await left.roster()).filter((item) => item.subscription !== 'none')).to.be.empty;
      await left.leave();
      await bobs.item(moved.jid, (item) => expect(item).to.include({ subscription: 'both', name: 'Ali' }));
      await bobs.item(from, (item) => expect(item).to.equal(undefined));
      await bobs.hears(moved.jid, `Before ${pause}`);
      await api.expectStatus(204, api.call('DELETE', path));
    });
});
