import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { createClient } from 'redis';
import type { Stack } from '../../../local/stack/stack.ts';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { type EventStream, openEvents } from '../../support/http/event-stream.ts';
import { joinFriends } from '../../support/pair.ts';
import { type RedisCluster, startRedisCluster } from '../../support/servers/redis-cluster.ts';
import { startTestStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

describe('all of Earshot on a Redis Cluster', () => {
  let dir: string;
  let cluster: RedisCluster;
  let stack: Stack;
  let api: Api;
  let alice: Person;
  let bob: Person;
  let bobs: FriendClient;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'earshot-cluster-'));
    cluster = await startRedisCluster(dir, 'a-password');
    stack = await startTestStack({ redisUrl: cluster.url, env: { EARSHOT_PUBLISH_INTERVAL_MS: '200' } });
    api = createApi(stack);
    [alice, bob] = await joinFriends(api);
    bobs = await connectFriend(stack, bob);
  });

  after(async () => {
    await bobs?.leave();
    await stack?.stop();
    await cluster?.stop();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  it("shows a tune in a friend's XMPP client and on the page", async () => {
    const stream = await openEvents(stack, bob);
    await stream.next('friends', (data) =>
      expect((data.friends as { subscriberId: string }[])[0]?.subscriberId).to.equal(alice.id),
    );
    await api.play(alice, { title: 'Over three masters' });
    await bobs.hears(alice.jid, 'Over three masters');
    await stream.next('now-playing', (data) => expect(data.nowPlaying).to.include({ title: 'Over three masters' }));
    await api.stop(alice);
    await bobs.hears(alice.jid, undefined);
    await stream.next('now-playing', (data) => expect(data.nowPlaying).to.equal(null));
    stream.close();
  });

  it('has a change told by the node alone that has the subscriber, and by none over the bus', async () => {
    const heard: string[] = [];
    const listeners = await Promise.all(cluster.masters.map(async ({ url }) => createClient({ url }).connect()));
    await Promise.all(listeners.map((one) => one.pSubscribe('*', (_, channel) => void heard.push(channel))));
    const stream = await openEvents(stack, bob);
    await stream.next('friends', () => {});
    await api.play(alice, { title: 'To whom it concerns' });
    await stream.next('now-playing', (data) => expect(data.nowPlaying).to.include({ title: 'To whom it concerns' }));
    const channels = await Promise.all(listeners.map((one) => one.pubSubShardChannels(`*${alice.id}:events`)));
    stream.close();
    for (const one of listeners) one.destroy();
    expect(channels.flat()).to.have.length(1);
    expect(heard.filter((channel) => channel.endsWith(':events'))).to.deep.equal([]);
  });

  for (const master of [0, 1, 2])
    it(`says 503 while master ${master} is away, and goes on by itself when it is back`, async () => {
      const stream = await openEvents(stack, bob);
      await stream.next('friends', () => {});
      await cluster.kill(master);
      await cluster.untilNoticed(master);
      const answers = await Promise.all([
        api.call('PUT', api.path(alice, 'now-playing'), { kind: 'audio', title: 'Nobody listens' }),
        api.call('GET', api.path(bob, 'friends')),
      ]);
      expect(answers.map(({ status }) => status)).to.deep.equal([503, 503]);
      expect(await (await fetch(`${stack.gatewayUrl}/readyz`)).text()).to.contain('Redis');
      const status = `Come while master ${master} was away`;
      const alices = await connectFriend(stack, alice, status);

      try {
        await cluster.restart(master);
        const title = `Master ${master} is back`;
        await eventually(() => api.play(alice, { title }));
        await bobs.hears(alice.jid, title);
        await eventually(() => {
          const page = shownBy(stream);
          expect(page.nowPlaying).to.include({ title });
          expect(page).to.include({ online: true, status });
        });
        const name = `Alice ${master}`;
        await eventually(() => api.putBook(bob, [{ name, phoneNumbers: [alice.phoneNumber] }]));
        await bobs.item(alice.jid, (item) => expect(item).to.include({ name }));
        await stack.untilReady();
      } finally {
        await alices.leave();
        stream.close();
      }
    });
});

/** The only friend as the page shows it: what came last, everything at once or a change. */
function shownBy(stream: EventStream): Record<string, unknown> {
  const page: Record<string, unknown> = {};
  for (const { event, data } of stream.events)
    Object.assign(page, event === 'friends' ? (data.friends as Record<string, unknown>[])[0] : data);
  return page;
}
