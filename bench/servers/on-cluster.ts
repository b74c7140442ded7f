import { join } from 'node:path';
import { startStack } from '../../local/stack/stack.ts';
import { askNode } from '../../runtime/redis/redis-node.ts';
import { createApi } from '../../test/support/api.ts';
import { startRedisCluster } from '../../test/support/servers/redis-cluster.ts';
import { NO_LIMITS } from '../../test/support/stalls/stalls.ts';
import { builtProcesses } from '../built.ts';
import { measureRate } from '../load/load.ts';
import { earshotWay } from '../load/ways.ts';
import { gatherAudience } from '../people/audience.ts';
import { PLAN } from '../plan.ts';
import type { Row } from '../report/rows.ts';
import { storesOf } from '../stores-of.ts';
import type { ServersDeps } from './deps.ts';

/** The share of all commands that one master may have. */
const MOST = 0.45;

/** How the commands of people who join, of their books and of their tunes spread over a cluster of three masters. */
export async function onCluster({ folder, signal, say }: ServersDeps): Promise<Row[]> {
  const cluster = await startRedisCluster(join(folder, 'masters'), 'of-the-cluster');
  try {
    const env = { EARSHOT_PUBLISH_INTERVAL_MS: '0', ...NO_LIMITS };
    const place = { dataDir: join(folder, 'cluster'), entries: builtProcesses(), redisUrl: cluster.url, env, signal };
    const stack = await startStack(place);
    try {
      const commands = () => Promise.all(cluster.masters.map(({ url }) => commandsOf(url)));
      const { redis, stores } = await storesOf(stack, cluster.url.split(','));
      const begin = await commands();
      const audience = await gatherAudience(stack, createApi(stack), stores, PLAN);
      redis.destroy();
      const joined = await commands();
      const way = await earshotWay(stack, audience.publishers);
      const rate = await measureRate(way.publish, audience.arrivals, PLAN).finally(way.close);
      const played = await commands();
      audience.leave();
      say(`${rate.toFixed(0)} tunes a second on a cluster`);
      return [
        rowOf('people join and upload books', begin, joined, say),
        rowOf('tunes are published at the full rate', joined, played, say),
      ];
    } finally {
      await stack.stop();
    }
  } finally {
    await cluster.stop();
  }
}

async function commandsOf(url: string): Promise<number> {
  const stats = await askNode(url, (node) => node.info('stats'));
  return Number(/total_commands_processed:(\d+)/.exec(stats)?.[1]);
}

function rowOf(when: string, before: readonly number[], after: readonly number[], say: (line: string) => void): Row {
  const done = after.map((count, i) => count - (before[i] as number));
  const all = done.reduce((sum, count) => sum + count, 0);
  const shares = done.map((count) => count / all).sort((a, b) => b - a);
  const measured = shares.map((share) => `${(share * 100).toFixed(1)} %`).join(', ');
  say(`${when}: ${all} commands, of which the masters have ${measured}`);
  return {
    what: `A cluster of three masters: each one’s share of the commands while ${when}`,
    measured,
    goal: `at most ${MOST * 100} %`,
    met: (shares[0] as number) <= MOST,
  };
}
