import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../domain/fault.ts';
import type { Log } from './log.ts';
import { askNode, siblingOf } from './redis-node.ts';
import { pauseBefore, type RedisPlace } from './redis-options.ts';

const SLOTS = 16_384;

/**
 * Looks whether a single Redis or a cluster is there, for as long as it takes until one answers and is whole.
 * @throws Fault UNAVAILABLE for a Redis that would lose data or that the URLs do not fit, with what to do.
 */
export async function findRedis(urls: RedisPlace['urls'], log: Log): Promise<RedisPlace> {
  for (let round = 0; ; round += 1) {
    for (const url of urls)
      try {
        return await lookAt(url, urls);
      } catch (err) {
        if (err instanceof Fault) throw err;
        log.warn({ err }, 'Redis is not ready');
      }
    await sleep(pauseBefore(round));
  }
}

async function lookAt(url: string, urls: RedisPlace['urls']): Promise<RedisPlace> {
  const clustered = await askNode(url, async (node) => (await node.info('cluster')).includes('cluster_enabled:1'));
  if (clustered) await checkCluster(url, urls);
  else if (urls.length === 1) await checkNode(url);
  else
    throw unfit(
      'EARSHOT_REDIS_URL names several servers, but they are no Redis Cluster; name the one that is to be used.',
    );
  return { urls, cluster: clustered };
}

async function checkCluster(url: string, urls: RedisPlace['urls']): Promise<void> {
  if (urls.some((one) => databaseOf(one) !== 0))
    throw unfit('A Redis Cluster has database 0 only; take the number at the end of EARSHOT_REDIS_URL away.');
  const { info, shards } = await askNode(url, async (node) => ({
    info: await node.clusterInfo(),
    shards: await node.clusterSlots(),
  }));
  const assigned = Number(/cluster_slots_assigned:(\d+)/.exec(info)?.[1]);
  if (assigned < SLOTS)
    throw unfit(
      `${SLOTS - assigned} of the Redis Cluster's ${SLOTS} slots belong to no node; mend it with redis-cli --cluster fix.`,
    );
  if (!info.includes('cluster_state:ok')) throw new Error('The Redis Cluster is down: one of its nodes is away.');
  const masters = new Set(shards.map(({ master }) => siblingOf(url, master)));
  await Promise.all([...masters].map(checkNode));
}

async function checkNode(url: string): Promise<void> {
  const info = await askNode(url, async (node) => (await node.info('memory')) + (await node.info('persistence')));
  const { host } = new URL(url);
  const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
  if (policy !== 'noeviction')
    throw unfit(
      `Redis may evict data (maxmemory-policy ${policy} at ${host}); set maxmemory-policy noeviction in redis.conf.`,
    );
  if (!info.includes('aof_enabled:1'))
    throw unfit(`Redis keeps no append-only file at ${host}; set appendonly yes in redis.conf.`);
}

function databaseOf(url: string): number {
  return Number(new URL(url).pathname.slice(1));
}

function unfit(message: string): Fault {
  return new Fault('UNAVAILABLE', message);
}
