import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import type { Log } from '../log.ts';
import { askNode, siblingOf } from './redis-node.ts';
import { pauseBefore, type RedisPlace } from './redis-options.ts';

const SLOTS = 16_384;
const REFUSED = ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT'];
const UNKNOWN_NAME = ['ENOTFOUND', 'EAI_AGAIN'];
/** The first version of Redis whose channels can belong to a slot. Valkey says it as well, of the Redis that it is like. */
const SHARDED_SINCE = 7;

/**
 * Looks whether a single Redis or a cluster is there, for as long as it takes until one answers and is whole.
 * @throws Fault UNAVAILABLE for a Redis that would lose data or that the URLs do not fit, with what to do.
 */
export async function findRedis(urls: RedisPlace['urls'], log: Log): Promise<RedisPlace> {
  for (let round = 0; ; round += 1) {
    for (const url of urls)
      try {
        return await lookAtRedis(url, urls);
      } catch (err) {
        if (err instanceof Fault) throw err;
        log.warn({ err }, redisAdvice(err, url));
      }
    await sleep(pauseBefore(round));
  }
}

/**
 * Looks once whether it can be worked with, at the first of these URLs that is to be asked.
 * @throws Fault UNAVAILABLE as `findRedis`, and whatever `redisAdvice` puts into words
 */
export async function lookAtRedis(url: string, urls: RedisPlace['urls']): Promise<RedisPlace> {
  const info = await askNode(url, async (node) => (await node.info('cluster')) + (await node.info('server')));
  if (info.includes('redis_mode:sentinel'))
    throw unfit(
      `${new URL(url).host} is a Sentinel, which Earshot does not ask; name in EARSHOT_REDIS_URL the Redis that it watches over.`,
    );
  const clustered = info.includes('cluster_enabled:1');
  if (clustered) await checkCluster(url, urls);
  else if (urls.length === 1) await checkSingle(url);
  else
    throw unfit(
      'EARSHOT_REDIS_URL names several servers, but they are no Redis Cluster; name the one that is to be used.',
    );
  return { urls, cluster: clustered, sharded: Number(/redis_version:(\d+)/.exec(info)?.[1]) >= SHARDED_SINCE };
}

async function checkCluster(url: string, urls: RedisPlace['urls']): Promise<void> {
  if (urls.some((one) => databaseOf(one) !== 0))
    throw unfit('A Redis Cluster has database 0 only; take the number at the end of EARSHOT_REDIS_URL away.');
  const info = await askNode(url, (node) => node.clusterInfo());
  const assigned = Number(/cluster_slots_assigned:(\d+)/.exec(info)?.[1]);
  if (assigned < SLOTS)
    throw unfit(
      `${SLOTS - assigned} of the Redis Cluster's ${SLOTS} slots belong to no node; mend it with redis-cli --cluster fix.`,
    );
  if (!info.includes('cluster_state:ok')) throw new Error('The Redis Cluster is down: one of its nodes is away.');
  await Promise.all((await mastersOf(url)).map(checkNode));
}

/** The URLs of all masters of the cluster. */
export async function mastersOf(url: string): Promise<string[]> {
  const shards = await askNode(url, (node) => node.clusterSlots());
  return [...new Set(shards.map(({ master }) => siblingOf(url, master)))];
}

async function checkNode(url: string): Promise<void> {
  const info = await askNode(url, async (node) => (await node.info('memory')) + (await node.info('persistence')));
  const { host } = new URL(url);
  // While it reads its file Redis says of itself that it keeps none.
  if (/^loading:1/m.test(info)) throw new Error('LOADING');
  const policy = /maxmemory_policy:(\S+)/.exec(info)?.[1];
  if (policy !== 'noeviction')
    throw unfit(
      `Redis may evict data (maxmemory-policy ${policy} at ${host}); set maxmemory-policy noeviction in redis.conf.`,
    );
  if (!info.includes('aof_enabled:1'))
    throw unfit(`Redis keeps no append-only file at ${host}; set appendonly yes in redis.conf.`);
}

async function checkSingle(url: string): Promise<void> {
  await checkNode(url);
  const database = databaseOf(url);
  if (database === 0) return;
  try {
    await askNode(url, (node) => node.select(database));
  } catch (err) {
    if (!/out of range/.test((err as Error).message)) throw err;
    throw unfit(
      `${new URL(url).host} has no database ${database}: name another at the end of EARSHOT_REDIS_URL, or raise databases in redis.conf.`,
    );
  }
}

function databaseOf(url: string): number {
  return Number(new URL(url).pathname.slice(1));
}

function unfit(message: string): Fault {
  return new Fault('UNAVAILABLE', message);
}

/** Why Redis at that URL cannot be used yet, in the operator's words, with the setting to look at. The password is in none of them. */
export function redisAdvice(err: unknown, url: string): string {
  const { host, protocol } = new URL(url);
  const at = `${host} (EARSHOT_REDIS_URL)`;
  const { code = '', message = '' } = err as { code?: string; message?: string };
  if (REFUSED.includes(code)) return `no Redis can be reached at ${at}`;
  if (UNKNOWN_NAME.includes(code)) return `the host of ${at} has no address`;
  if (/^(?:NOAUTH|WRONGPASS)/.test(message)) return `Redis at ${at} wants another user or password`;
  if (/^LOADING/.test(message)) return `Redis at ${at} is still reading its data`;
  if (/^NOPERM/.test(message)) return `the user of ${at} may not do what Earshot needs (ACL)`;
  if (protocol === 'rediss:' && (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || isSilent(message)))
    return `who listens at ${at} does not speak TLS: write redis:// if it is a Redis without`;
  if (isSilent(message))
    return `who listens at ${at} does not speak as a Redis: is the port right, or is TLS wanted there (rediss://)?`;
  return 'Redis is not ready';
}

function isSilent(message: string): boolean {
  return /Connection timeout|Socket closed unexpectedly|socket timeout/i.test(message);
}
