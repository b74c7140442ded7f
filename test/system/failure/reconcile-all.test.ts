import { expect } from 'chai';
import { createClient } from 'redis';
import { createApi, type Person } from '../../support/api.ts';
import { runEarshot } from '../../support/earshot-command.ts';
import { eventually } from '../../support/eventually.ts';
import { joinPair } from '../../support/pair.ts';
import { useStack } from '../../support/stack.ts';
import { connectFriend } from '../../support/xmpp/friend-client.ts';

describe('earshot reconcile --all', () => {
  const stack = useStack();
  const api = createApi(stack);
  let alice: Person;
  let bob: Person;

  before(async () => {
    [alice, bob] = await joinPair(api);
    await api.putBook(alice, [
      { name: 'Bob', phoneNumbers: [bob.phoneNumber] },
      { name: 'Carol, not here yet', phoneNumbers: ['+8613700137000'] },
    ]);
    await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    await api.settled(alice, bob);
  });

  const run = (...args: string[]) =>
    runEarshot(args, { EARSHOT_URL: stack.gatewayUrl, EARSHOT_OPERATOR_KEY: stack.operatorKey });

  /** Deletes what can be made anew from records and books. */
  async function damage(): Promise<void> {
    const redis = createClient({ url: stack.redis().url });
    await redis.connect();
    const remove = async (pattern: string) => {
      const keys = await redis.keys(pattern);
      expect(keys, pattern).to.not.be.empty;
      await redis.del(keys);
    };
    await remove(`*:${alice.id}:friends`);
    await remove('*}:holders:*');
    await remove('*}:directory:*');
    await remove('*}:jids:*');
    redis.destroy();
  }

  it('makes directory, holders and friendships anew from records and books', async () => {
    await damage();
    expect(await api.friends(alice)).to.be.empty;
    const { code, out, err } = await run('reconcile', '--all', '--json');
    expect(code, err).to.equal(0);
    expect(JSON.parse(out)).to.have.all.keys('subscribers', 'seconds').and.to.include({ subscribers: 2 });
    await eventually(async () => expect((await api.friends(alice))[0]).to.include({ subscriberId: bob.id }));
    for (const person of [alice, bob]) {
      const { phoneNumber } = person;
      const found = await api.expectStatus(200, api.call('POST', '/v1/subscribers/retrieve', { phoneNumber }));
      expect(found.body.subscriberId).to.equal(person.id);
      const taken = await api.call('POST', '/v1/subscribers', { phoneNumber: '+8613600136000', jid: person.jid });
      expect(taken.body.code).to.equal('ALREADY_EXISTS');
    }
    const carol = await api.join('+8613700137000');
    await api.putBook(carol, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
    await eventually(async () => expect(await api.friends(alice)).to.have.length(2));
    const bobs = await connectFriend(stack, bob);
    await api.play(alice, { title: 'As if nothing had happened' });
    await bobs.hears(alice.jid, 'As if nothing had happened');
    await bobs.leave();
  });

  it('changes nothing where nothing is wrong, and shows how far it is', async () => {
    const before = await api.friends(alice);
    const { out } = await run('reconcile', '--all');
    expect(out).to.match(/^Looked at 3 subscribers in \d/);
    await api.settled(alice, bob);
    expect((await api.friends(alice)).map(({ subscriberId }) => subscriberId)).to.deep.equal(
      before.map(({ subscriberId }) => subscriberId),
    );
    const { body } = await api.expectStatus(200, api.call('GET', '/v1/reconciliations'));
    expect(body).to.deep.equal({ state: 'done', subscribers: 3, done: 3 });
  });

  it('goes on after the worker was killed, and waits for it', async () => {
    await stack.kill('worker');
    await api.expectStatus(202, api.call('POST', '/v1/reconciliations', {}));
    expect((await api.call('GET', '/v1/reconciliations')).body).to.include({ state: 'running', done: 0 });
    await stack.restart('worker');
    await eventually(async () =>
      expect((await api.call('GET', '/v1/reconciliations')).body).to.include({ state: 'done', done: 3 }),
    );
  });

  it('says --all, and is the operator’s', async () => {
    expect((await run('reconcile')).err).to.match(/Say --all/);
    const headers = { authorization: `Bearer ${alice.token}` };
    expect((await api.call('POST', '/v1/reconciliations', {}, headers)).status).to.equal(403);
    expect((await api.call('GET', '/v1/reconciliations', undefined, headers)).status).to.equal(403);
  });
});
