import { Fault } from '../../../domain/fault.ts';
import { lookAtRedis, redisAdvice } from '../../../runtime/redis/find-redis.ts';
import { askNode } from '../../../runtime/redis/redis-node.ts';
import { type Check, type Finding, fault, ok } from '../finding.ts';

/** Whether each server that EARSHOT_REDIS_URL names can be worked with, as the processes look at it when they start. */
export const redis: Check = {
  name: 'redis',
  async look({ common, needs }) {
    needs('EARSHOT_REDIS_URL');
    const found: Finding[] = [];
    for (const url of common.redisUrls) found.push(await lookAt(url, common.redisUrls));
    return found;
  },
};

async function lookAt(url: string, urls: readonly [string, ...string[]]): Promise<Finding> {
  try {
    const { cluster } = await lookAtRedis(url, urls);
    const version = await askNode(url, async (node) => versionIn(await node.info('server')));
    return ok(`${new URL(url).host} is ${cluster ? 'a Redis Cluster that is whole' : 'a single Redis'}, ${version}`);
  } catch (err) {
    return fault(err instanceof Fault ? err.message : redisAdvice(err, url));
  }
}

/** Valkey says which Redis it is like as well. */
function versionIn(info: string): string {
  const valkey = /^valkey_version:(\S+)/m.exec(info)?.[1];
  return valkey ? `Valkey ${valkey}` : `version ${/^redis_version:(\S+)/m.exec(info)?.[1]}`;
}
