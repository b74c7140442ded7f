import { type ConnectionOptions, createNodeRedisClient } from 'bullmq';
import { Cluster } from 'ioredis';
import type { Log } from './log.ts';
import { connectSingle } from './redis.ts';
import { credentialsOf, pauseBefore, type RedisPlace, type WhenAway } from './redis-options.ts';

/** What the queues and their workers share. BullMQ closes the connections that it makes of this one, not this one itself. */
export type QueueRedis = { connection(): ConnectionOptions; close(): void };

/** BullMQ's adapter for node-redis hangs on a cluster; there ioredis serves the queues. */
export async function connectQueueRedis(place: RedisPlace, whenAway: WhenAway, log: Log): Promise<QueueRedis> {
  if (place.cluster) return connectQueueCluster(place, whenAway, log);
  const redis = await connectSingle(place, whenAway, log);
  return { connection: () => createNodeRedisClient(redis), close: () => redis.destroy() };
}

async function connectQueueCluster({ urls }: RedisPlace, whenAway: WhenAway, log: Log): Promise<QueueRedis> {
  const { tls, ...user } = credentialsOf(urls[0]);
  const failFast = whenAway === 'fail-fast';
  const cluster = new Cluster(urls.map(nodeOf), {
    redisOptions: { ...user, ...(tls ? { tls: {} } : {}), connectTimeout: 5_000, maxRetriesPerRequest: null },
    clusterRetryStrategy: pauseBefore,
    enableOfflineQueue: !failFast,
    // Tries, 100 ms apart, to reach the node that has the queues.
    maxRedirections: failFast ? 4 : 16,
  });
  cluster.on('error', (err) => log.warn({ err }, 'Redis Cluster of the queues'));
  cluster.on('node error', (err, node) => log.warn({ err, node }, 'Redis Cluster node of the queues'));
  await new Promise<void>((resolve) => cluster.once('ready', () => resolve()));
  return { connection: () => cluster, close: () => cluster.disconnect() };
}

function nodeOf(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
}
