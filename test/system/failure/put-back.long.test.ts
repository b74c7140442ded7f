import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { xml } from '@xmpp/client';
import { expect } from 'chai';
import { madeNode } from '../../../component/roster/made-items.ts';
import { createKeys } from '../../../store/base/keys.ts';
import { dueOf } from '../../../store/due/makes-due.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { subscribe } from '../../support/http/subscriptions.ts';
import { createBackup } from '../../support/put-back.ts';
import { kindOf, startSink } from '../../support/servers/sink.ts';
import { useStack, withRedis } from '../../support/stack.ts';
import { workDone } from '../../support/work.ts';
import { connectFriend, type FriendClient, letsIn } from '../../support/xmpp/friend-client.ts';

const PUBSUB = 'http://jabber.org/protocol/pubsub';
const ITEMS = 'http://jabber.org/protocol/disco#items';

describe('people whose Earshot has an older copy put back', () => {
  const stack = useStack({ env: { EARSHOT_PUBLISH_INTERVAL_MS: '0', EARSHOT_SINK_ALLOW: '127.0.0.1' } });
  const api = createApi(stack);
  const backup = createBackup(stack);
  const people = new Map<string, Person>();
  const clients = new Map<string, FriendClient>();
  const person = (name: string) => people.get(name) as Person;
  const client = (name: string) => clients.get(name) as FriendClient;
  const knows = (who: Person, ...others: Person[]) =>
    api.putBook(
      who,
      others.map(({ phoneNumber }) => ({ name: phoneNumber, phoneNumbers: [phoneNumber] })),
    );
  const nodeOf = ({ jid }: Person) => madeNode(stack.env.EARSHOT_COMPONENT_SECRET ?? '', jid);
  const has = (name: string, other: string, subscription: string | undefined) =>
    client(name).item(person(other).jid, (item) => expect(item?.subscription).to.equal(subscription));

  async function allDone(): Promise<void> {
    await stack.untilReady();
    await api.settled(...people.values());
    await workDone(stack);
  }

  const componentLog = () => readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8');

  /** Until the XMPP server has another stamp than the copy. */
  async function stampedAnew(): Promise<void> {
    const before = await backup.stamps();
    // Something has to be told.
    await api.play(person('alice'), { title: 'A stamp', length: 600 });
    await eventually(async () => expect(await backup.stamps()).to.not.equal(before));
  }

  before(async () => {
    for (const [i, name] of ['alice', 'bob', 'carol', 'dave', 'hand'].entries()) {
      people.set(name, await api.join(`+861380013800${i}`, name));
      clients.set(name, await connectFriend(stack, person(name)));
    }
    for (const name of ['bob', 'carol', 'dave']) await knows(person(name), person('alice'));
    await knows(person('alice'), person('bob'), person('carol'), person('dave'));
    await client('alice').befriend(person('hand').jid);
    await client('hand').befriend(person('alice').jid);
    await has('alice', 'hand', 'both');
    for (const name of ['bob', 'carol', 'dave']) await has('alice', name, 'both');
    await allDone();
    await stampedAnew();
  });

  after(() => Promise.all([...clients.values()].map((one) => one.leave().catch(() => {}))));

  it('are not told apart by what their contacts may ask of their accounts', async () => {
    const asked = (name: string) =>
      client(name).xmpp.iqCaller.request(
        xml('iq', { type: 'get', to: person('alice').jid }, xml('query', { xmlns: ITEMS })),
      );
    // Nodes are written every two seconds (decision 298).
    await eventually(async () =>
      expect(`${await asked('alice')}`, 'the node is there').to.contain(nodeOf(person('alice'))),
    );
    expect(`${await asked('hand')}`).to.not.contain('earshot');
  });

  it('do not get a friend back whom they had deleted before, and nobody holds the others up by what it keeps itself', async () => {
    await client('alice').setItem({ jid: person('bob').jid, subscription: 'remove' });
    const host = stack.xmpp.domain;
    for (const jid of [host, `nobody@${host}`, `x@tune.${host}`]) await client('alice').setItem({ jid });
    const file = await backup.copy();
    await knows(person('alice'), person('bob'), person('carol'));
    await has('dave', 'alice', undefined);
    await knows(person('carol'), person('alice'), person('dave'));
    await knows(person('dave'), person('alice'), person('carol'));
    await has('dave', 'carol', 'both');
    await allDone();
    const forged = ['', '@', `a b@${host}`, `a@@${host}`, host].map((jid) => xml('item', { jid }));
    const evil = xml('item', { jid: person('carol').jid, before: 'nonsense' });
    const made = xml('made', { xmlns: 'urn:earshot:made:0' }, ...forged, evil);
    const publish = xml('publish', { node: nodeOf(person('dave')) }, xml('item', { id: 'zz' }, made));
    await client('dave').set(xml('pubsub', { xmlns: PUBSUB }, publish));
    await stampedAnew();

    await backup.putBack(file);
    await allDone();
    await has('alice', 'dave', 'both');
    await has('dave', 'carol', undefined);
    await has('alice', 'bob', undefined);
    await eventually(async () => {
      const ids = (await api.friends(person('alice'))).map(({ subscriberId }) => subscriberId);
      expect(ids).to.have.members([person('carol').id, person('dave').id]);
    });
    await allDone();
    await has('bob', 'alice', undefined);
  });

  it('lose whom the data do not know also where Redis goes back beneath a component that is connected', async () => {
    const file = await backup.copy();
    await knows(person('hand'), person('dave'));
    await knows(person('dave'), person('alice'), person('hand'));
    await has('dave', 'hand', 'both');
    await has('hand', 'dave', 'both');
    await allDone();
    await stampedAnew();
    await backup.putIntoRedis(file);
    await has('dave', 'hand', undefined);
    await has('hand', 'dave', undefined);
    await has('hand', 'alice', 'both');
    await allDone();
    await has('dave', 'alice', 'both');
    await api.play(person('dave'), { title: 'Not for hand', length: 600 });
    await client('alice').hears(person('dave').jid, 'Not for hand');
    await client('hand').caughtUp();
    expect(client('hand').tunes.map(({ tune }) => tune.title)).to.not.include('Not for hand');
  });

  it('do not see anybody again who was erased since, and is so again before the component starts', async () => {
    const frank = await api.join('+8613800138008', 'frank');
    await knows(frank, person('alice'));
    await knows(person('alice'), person('carol'), person('dave'), frank);
    await client('alice').item(frank.jid, (item) => expect(item?.subscription).to.equal('both'));
    await allDone();
    const file = await backup.copy();
    const erase = () => api.expectStatus(204, api.call('DELETE', `/v1/subscribers/${frank.id}`));
    await erase();
    await client('alice').item(frank.jid, (item) => expect(item).to.equal(undefined));
    await allDone();
    await stampedAnew();
    const since = client('alice').pushes.length;
    await backup.putBack(file, ['gateway', 'worker']);
    await eventually(erase);
    await stack.restart('component');
    await allDone();
    await eventually(async () => expect((await api.call('GET', `/v1/subscribers/${frank.id}`)).status).to.equal(404));
    await client('alice').caughtUp();
    expect(client('alice').pushes.slice(since)).to.not.include(frank.jid);
  });

  it('are told of anew to subscriptions, whose sinks have heard of what the data do not know', async () => {
    const sink = await startSink();
    await subscribe(api, sink);
    const lastOf = ({ id }: Person, kind: string) =>
      sink.taken().findLast((event) => event.subject === id && kindOf(event) === kind);
    const tune = () =>
      (lastOf(person('alice'), 'now-playing-changed')?.data.nowPlaying as { title: string } | null | undefined)?.title;
    await api.play(person('alice'), { title: 'By the copy', length: 3_000 });
    await eventually(() => expect(tune()).to.equal('By the copy'));
    await allDone();
    const file = await backup.copy();
    const since = await api.join('+8613800138007', 'since the copy');
    await eventually(() => expect(lastOf(since, 'subscriber-added')).to.not.equal(undefined));
    await stampedAnew();
    await eventually(() => expect(tune()).to.equal('A stamp'));
    await backup.putBack(file);
    await allDone();
    await eventually(() => {
      const from = sink.taken().findLastIndex((event) => kindOf(event) === 'subscription-restored');
      expect(from, 'it is told so').to.be.above(0);
      const anew = sink.taken().slice(from + 1);
      const added = anew.filter((event) => kindOf(event) === 'subscriber-added').map(({ subject }) => subject);
      expect(added).to.include.members(['alice', 'bob', 'carol', 'dave', 'hand'].map((name) => person(name).id));
      expect(added).to.not.include(since.id);
      expect(tune()).to.equal('By the copy');
    });
    expect(sink.faults).to.deep.equal([]);
    await sink.stop();
  });

  it('keep an account that was just being made at the copy', async () => {
    const erin = await api.join('+8613800138009', 'erin');
    await workDone(stack);
    const keys = createKeys('earshot');
    const during = async (state: string) =>
      withRedis(stack, async (redis) => {
        await redis.hSet(keys.subscriber(erin.id), 'state', state);
        await redis.zAdd(dueOf(keys, 'accountAsked', erin.id), { value: erin.id, score: Date.now() + 60_000 });
      });
    await during('pending');
    const file = await backup.copy();
    await during('active');
    await stampedAnew();
    await backup.putBack(file);
    await allDone();
    await withRedis(stack, async (redis) => {
      await redis.zAdd(dueOf(keys, 'accountAsked', erin.id), { value: erin.id, score: 1 });
    });
    await eventually(async () => expect((await api.call('GET', `/v1/subscribers/${erin.id}`)).status).to.equal(404));
    expect(await letsIn(stack, erin)).to.equal(true);
  });

  it('are brought back though the component is killed twice while it does so', async () => {
    const file = await backup.copy();
    await knows(person('hand'), person('dave'));
    await knows(person('dave'), person('alice'), person('hand'));
    await has('dave', 'hand', 'both');
    await allDone();
    await stampedAnew();
    await stack.kill('component');
    let logged = (await componentLog()).length;
    await backup.putBack(file);
    for (let n = 0; n < 2; n += 1) {
      // In the middle of it, or just through.
      const from = logged;
      await eventually(async () =>
        expect((await componentLog()).slice(from)).to.match(/a copy was put back|connected, with every right/),
      );
      await stack.kill('component');
      logged = (await componentLog()).length;
      await stack.restart('component');
    }
    await allDone();
    await has('dave', 'hand', undefined);
    await has('hand', 'dave', undefined);
    await has('dave', 'alice', 'both');
    await has('hand', 'alice', 'both');
  });

  it('are not taken for such where the XMPP server was killed, which may go back itself; a copy that is put back then is noticed', async () => {
    const file = await backup.copy();
    await knows(person('hand'), person('dave'));
    await knows(person('dave'), person('alice'), person('hand'));
    await has('dave', 'hand', 'both');
    await has('hand', 'dave', 'both');
    await stampedAnew();
    const since = (await componentLog()).length;
    await stack.kill('server');
    await stack.restart('server');
    await allDone();
    for (const name of ['alice', 'dave', 'hand']) {
      await client(name)
        .leave()
        .catch(() => {});
      clients.set(name, await connectFriend(stack, person(name)));
    }
    await has('dave', 'hand', 'both');
    await has('hand', 'dave', 'both');
    expect((await componentLog()).slice(since)).to.not.contain('a copy was put back');
    await stampedAnew();
    await backup.putBack(file);
    await allDone();
    expect((await componentLog()).slice(since)).to.contain('a copy was put back');
    await has('dave', 'hand', undefined);
    await has('hand', 'dave', undefined);
    await has('dave', 'alice', 'both');
  });
});
