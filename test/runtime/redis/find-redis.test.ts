import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { createClient } from 'redis';
import { freePort } from '../../../local/ports.ts';
import { type RedisServer, startRedis } from '../../../local/redis/redis-server.ts';
import { findRedis } from '../../../runtime/redis/find-redis.ts';
import { askNode } from '../../../runtime/redis/redis-node.ts';
import { eventually } from '../../support/eventually.ts';
import { type RedisCluster, startRedisCluster } from '../../support/servers/redis-cluster.ts';

const PASSWORD = 'p4ss';
const log = pino({ level: 'silent' });
const find = (...urls: [string, ...string[]]) => findRedis(urls, log);
/** Milliseconds pass with each key while a file is read, and Redis answers meanwhile. */
const READS_SLOWLY = ['key-load-delay 100000', 'loading-process-events-interval-bytes 1024'];
const refusal = (...urls: [string, ...string[]]) =>
  find(...urls).then(
    () => 'accepted',
    (err: Error) => err.message,
  );

describe('looking for Redis', () => {
  let dir: string;
  let cluster: RedisCluster;
  let single: RedisServer;
  let lonely: RedisServer;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'earshot-find-'));
    // Without it the nodes' own port is one of those that the kernel gives to outgoing connections.
    const bus = `cluster-port ${await freePort()}`;
    [cluster, single, lonely] = await Promise.all([
      startRedisCluster(dir, PASSWORD),
      startRedis({ dir: join(dir, 'single'), password: PASSWORD }),
      startRedis({ dir: join(dir, 'lonely'), password: PASSWORD, settings: ['cluster-enabled yes', bus] }),
    ]);
  });

  after(async () => {
    await Promise.all([cluster?.stop(), single?.stop(), lonely?.stop()]);
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  const urlOf = (master: number) => (cluster.masters[master] as RedisServer).url;

  it('tells a single Redis from a cluster by itself, and needs one node only that answers', async () => {
    expect(await find(single.url)).to.deep.equal({ urls: [single.url], cluster: false, sharded: true });
    expect(await find(`${single.url}/0`)).to.include({ cluster: false });
    expect(await find(urlOf(1))).to.include({ cluster: true, sharded: true });
    expect(await find('redis://127.0.0.1:1', urlOf(2))).to.include({ cluster: true, sharded: true });
  });

  it('says what to do about URLs that do not fit', async () => {
    expect(await refusal(single.url, lonely.url)).to.contain('are no Redis Cluster; name the one');
    expect(await refusal(`${urlOf(0)}/1`)).to.contain('database 0 only; take the number');
    expect(await refusal(lonely.url)).to.contain("16384 of the Redis Cluster's 16384 slots belong to no node");
  });

  it('refuses a cluster of which one master would lose data, and names it', async () => {
    const port = (cluster.masters[2] as RedisServer).port;
    const master = await createClient({ url: urlOf(2) }).connect();
    try {
      await master.configSet('maxmemory-policy', 'allkeys-lru');
      expect(await refusal(urlOf(0))).to.contain(`allkeys-lru at 127.0.0.1:${port}); set maxmemory-policy noeviction`);
      await master.configSet({ 'maxmemory-policy': 'noeviction', appendonly: 'no' });
      expect(await refusal(urlOf(0))).to.contain(`no append-only file at 127.0.0.1:${port}; set appendonly yes`);
      await master.configSet('appendonly', 'yes');
    } finally {
      master.destroy();
    }
    expect(await refusal(urlOf(0))).to.equal('accepted');
  });

  it('waits for one that still reads its file, which says meanwhile that it keeps none', async () => {
    const place = { dir: join(dir, 'reading'), password: PASSWORD, port: await freePort() };
    await fill(await startRedis(place));
    const starting = startRedis({ ...place, settings: READS_SLOWLY });
    const url = `redis://:${PASSWORD}@127.0.0.1:${place.port}`;
    await eventually(async () =>
      expect(await askNode(url, (node) => node.info('persistence'))).to.contain('\nloading:1'),
    );
    const told: string[] = [];
    const finding = findRedis([url], pino({}, { write: (line) => told.push(JSON.parse(line).msg) }));
    const isReading = `Redis at 127.0.0.1:${place.port} (EARSHOT_REDIS_URL) is still reading its data`;
    await Promise.race([finding, eventually(() => expect(told).to.deep.include(isReading))]);
    await askNode(url, (node) => node.configSet('key-load-delay', '0'));
    expect(await finding).to.include({ cluster: false });
    await (await starting).stop();
  });

  it('waits for a cluster of which one master is away', async () => {
    await cluster.kill(1);
    let found = false;
    const finding = find(urlOf(0)).then(() => {
      found = true;
    });
    await cluster.untilNoticed(1);
    expect(found).to.equal(false);
    await cluster.restart(1);
    await finding;
  });
});

/** Writes a file that takes many steps to read, and kills that Redis. */
async function fill(redis: RedisServer): Promise<void> {
  const client = await createClient({ url: redis.url }).connect();
  await Promise.all(Array.from({ length: 300 }, (_, key) => client.set(`${key}`, randomBytes(2048))));
  await client.bgRewriteAof();
  await eventually(async () => expect(await client.info('persistence')).to.contain('aof_rewrite_in_progress:0'));
  client.destroy();
  await redis.kill();
}
