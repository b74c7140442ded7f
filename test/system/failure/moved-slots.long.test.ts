import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Api, createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { openEvents } from '../../support/http/event-stream.ts';
import { joinFriends } from '../../support/pair.ts';
import type { TestStack } from '../../support/servers/own-stack.ts';
import { type RedisCluster, startRedisCluster } from '../../support/servers/redis-cluster.ts';
import { startTestStack } from '../../support/stack.ts';
import { connectFriend, type FriendClient } from '../../support/xmpp/friend-client.ts';

describe('a Redis Cluster that moves whole slots while Earshot runs', () => {
  let dir: string;
  let cluster: RedisCluster;
  let stack: TestStack;
  let api: Api;
  let alice: Person;
  let bob: Person;
  let bobs: FriendClient;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'earshot-cluster-'));
    cluster = await startRedisCluster(dir, 'a-password');
    stack = await startTestStack({ redisUrl: cluster.url, env: { EARSHOT_PUBLISH_INTERVAL_MS: '0' } });
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

  it('loses nothing that was accepted, and goes on after each', async () => {
    const stream = await openEvents(stack, bob);
    await stream.next('friends', () => {});
    for (const slot of await cluster.usedSlots()) {
      const title = `While ${slot} moves`;
      const [accepted] = await Promise.all([
        eventually(() => api.play(alice, { title, length: 300 })),
        cluster.moveSlot(slot),
      ]);
      expect(accepted.status).to.equal(202);
      await bobs.hears(alice.jid, title);
      await stream.next('now-playing', (data) => expect(data.nowPlaying).to.include({ title }));
      const name = `Alice of ${slot}`;
      await eventually(() => api.putBook(bob, [{ name, phoneNumbers: [alice.phoneNumber] }]));
      await bobs.item(alice.jid, (item) => expect(item).to.include({ name }));
    }
    await stack.untilReady();
    const log = await readFile(join(stack.dataDir, 'logs', 'component.log'), 'utf8');
    expect(log, 'nothing is taken for an older copy').to.not.contain('data that are older');
    stream.close();
  });
});
