import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { NumberBudget } from '../../domain/book/number-budget.ts';
import { startRedis } from '../../local/redis/redis-server.ts';
import { findRedis } from '../../runtime/redis/find-redis.ts';
import { connectRedis, type Redis } from '../../runtime/redis/redis.ts';
import type { RedisPlace } from '../../runtime/redis/redis-options.ts';
import { createStores, type Stores } from '../../store/stores.ts';
import { useRunning } from './running.ts';
import { startRedisCluster } from './servers/redis-cluster.ts';

/** What Earshot runs on. */
export const REDIS_KINDS = ['a single Redis', 'a Redis Cluster'] as const;
export type RedisKind = (typeof REDIS_KINDS)[number];

export type TestRedis = {
  /** As EARSHOT_REDIS_URL takes it. */
  url: string;
  place: RedisPlace;
  /** Each master, and the folder of its files. */
  nodes: readonly { url: string; dir: string }[];
  redis: Redis;
  freshStores(budget?: NumberBudget): Stores;
  /** Of a cluster: kill -9 of any master, and its restart after a while. */
  crashMaster: (() => Promise<void>) | undefined;
  stop(): Promise<void>;
};

/** A private Redis; `freshStores` gives each test a prefix of its own. */
export async function startTestRedis(kind: RedisKind = 'a single Redis'): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'earshot-redis-'));
  const password = randomUUID();
  const server =
    kind === 'a single Redis' ? await startRedis({ dir, password }) : await startRedisCluster(dir, password);
  const log = pino({ level: 'silent' });
  const place = await findRedis(server.url.split(',') as [string], log);
  const redis = await connectRedis(place, 'fail-fast', log);
  return {
    url: server.url,
    place,
    nodes:
      'masters' in server
        ? server.masters.map(({ url }, i) => ({ url, dir: join(dir, `${i}`) }))
        : [{ url: server.url, dir }],
    redis,
    crashMaster: 'crash' in server ? server.crash : undefined,
    freshStores: (budget) => createStores(redis, `t${randomUUID().slice(0, 8)}`, Buffer.alloc(32), budget),
    async stop() {
      redis.destroy();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** In a suite: a private Redis for all of its tests. */
export function useRedis(kind?: RedisKind): TestRedis {
  return useRunning(() => startTestRedis(kind));
}

/** Small as it is, as its answer is part of the traffic. */
const PINGS = `return tonumber(string.match(redis.call('INFO', 'commandstats'), 'cmdstat_ping:calls=(%d+)') or 0)`;

/** What Redis has been told and has answered so far, but for the pings of connections on which nothing is heard for a while. */
export async function traffic({ redis }: TestRedis): Promise<{ commands: number; bytes: number }> {
  const pings = Number(await redis.eval(PINGS));
  const stats = await redis.info('stats');
  const of = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(stats)?.[1]);
  return {
    commands: of('total_commands_processed') - pings,
    bytes: of('total_net_input_bytes') + of('total_net_output_bytes'),
  };
}
