import { queuePrefix } from '../../../runtime/queue/queue-redis.ts';
import { askNode, type RedisNode } from '../../../runtime/redis/redis-node.ts';
import { type Check, type Finding, fault, ok } from '../finding.ts';

/** What Earshot and its queues call, with as many words as Redis asks for; `K` stands for a key, `C` for a channel. */
export const COMMANDS = `
  GET K|SET K v|DEL K|UNLINK K|EXISTS K|EXPIRE K 1|PEXPIRE K 1|PEXPIREAT K 1|PERSIST K|PTTL K|RENAME K K|TYPE K|INCR K|INCRBY K 1
  HSET K f v|HMSET K f v|HGET K f|HMGET K f|HGETALL K|HDEL K f|HEXISTS K f|HLEN K|HKEYS K|HVALS K|HINCRBY K f 1|HSETNX K f v|HSCAN K 0|HRANDFIELD K
  SADD K m|SREM K m|SMEMBERS K|SISMEMBER K m|SCARD K|SSCAN K 0
  ZADD K 1 m|ZREM K m|ZSCORE K m|ZCARD K|ZCOUNT K 0 1|ZRANGE K 0 1|ZREVRANGE K 0 1|ZRANGEBYSCORE K 0 1|ZREVRANGEBYSCORE K 1 0|ZRANGEBYLEX K - +
  ZREMRANGEBYSCORE K 0 1|ZREMRANGEBYRANK K 0 1|ZPOPMIN K|BZPOPMIN K 1
  LPUSH K v|RPUSH K v|LPOP K|RPOP K|RPOPLPUSH K K|LRANGE K 0 1|LLEN K|LREM K 1 v|LPOS K v|LINDEX K 0|LSET K 0 v|LTRIM K 0 1
  XADD K * f v|XTRIM K MAXLEN 1|XRANGE K - +|XREVRANGE K + -|XLEN K|XDEL K 0
  EVAL s 1 K|EVALSHA s 1 K|SCRIPT LOAD s|TIME|PING|INFO|PUBLISH C m|SUBSCRIBE C|UNSUBSCRIBE C`
  .split(/[|\n]/)
  .map((command) => command.trim())
  .filter((command) => command !== '');
/** Since Redis 7.0. */
export const SHARDED = ['SPUBLISH C m', 'SSUBSCRIBE C', 'SUNSUBSCRIBE C'];

/** What a user of Redis may not do of what Earshot does: commands, and whether all keys and channels are its own. */
type Lacks = { commands: string[]; keys: boolean; channels: boolean };

/** Whether the user of EARSHOT_REDIS_URL may do all that Earshot does (ACL). */
export const rights: Check = {
  name: 'redis-rights',
  async look(patient) {
    const { place, nodes } = await patient.opened();
    const prefix = patient.common.redisPrefix;
    const commands = place.sharded ? [...COMMANDS, ...SHARDED] : COMMANDS;
    return Promise.all(
      nodes.map(async (url) =>
        toFinding(new URL(url).host, prefix, await askNode(url, (node) => lacksOf(node, commands, prefix))),
      ),
    );
  },
};

/**
 * Asks for each command inside a transaction that is given up: Redis says at once who may not do it, and does none of them.
 */
async function lacksOf(node: RedisNode, commands: readonly string[], prefix: string): Promise<Lacks> {
  const lacks: Lacks = { commands: [], keys: false, channels: false };
  if ((await refusalOf(node, ['MULTI'])) !== '') return { ...lacks, commands: ['multi', 'exec', 'discard'] };
  await node.sendCommand(['DISCARD']);
  for (const key of [`${prefix}:doctor`, `${queuePrefix(prefix)}:doctor`])
    for (const command of commands) {
      const words = command.split(' ').map((word) => (word === 'K' ? key : word === 'C' ? `${prefix}:doctor` : word));
      await node.sendCommand(['MULTI']);
      const refusal = await refusalOf(node, words);
      await node.sendCommand(['DISCARD']);
      if (/keys?/.test(refusal) && !/command/.test(refusal)) lacks.keys = true;
      else if (/channels?/.test(refusal)) lacks.channels = true;
      else if (refusal !== '') lacks.commands.push(nameOf(command));
    }
  return { ...lacks, commands: [...new Set(lacks.commands)] };
}

/** What Redis says to whoever has no right to that; empty where it says anything else. */
async function refusalOf(node: RedisNode, words: readonly string[]): Promise<string> {
  return node.sendCommand([...words]).then(
    () => '',
    (err: Error) => (err.message.startsWith('NOPERM') ? err.message : ''),
  );
}

function nameOf(command: string): string {
  const [name = '', sub = ''] = command.toLowerCase().split(' ');
  return name === 'script' ? `${name}|${sub}` : name;
}

function toFinding(host: string, prefix: string, { commands, keys, channels }: Lacks): Finding {
  const rules = [
    ...commands.map((name) => `+${name}`),
    ...(keys ? [`~${prefix}:*`, `~${queuePrefix(prefix)}:*`] : []),
    ...(channels ? [`&${prefix}:*`] : []),
  ];
  if (rules.length === 0) return ok(`the user of ${host} may do all that Earshot does`);
  return fault(
    `the user of ${host} (EARSHOT_REDIS_URL) may not do what Earshot does; add to its rules (ACL SETUSER): ${rules.join(' ')}`,
  );
}
