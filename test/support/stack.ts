import { pino } from 'pino';
import type { Stack } from '../../local/stack/stack.ts';
import { connectRedis, type Redis } from '../../runtime/redis/redis.ts';
import { SECOND_SERVER, TEST_SERVER } from './on-server.ts';
import { useRunning } from './running.ts';
import { startOwnStack, type TestStack, type TestStackOptions } from './servers/own-stack.ts';
import { startSpreadStack } from './servers/spread-stack.ts';

/**
 * A whole Earshot on the XMPP server that is tested, on free ports and in a folder of its own, which goes when the test ends. Where
 * two servers are tested people live at two homes, one on each; a test that chooses a server itself has that alone.
 */
export function startTestStack(options: TestStackOptions = {}): Promise<TestStack> {
  if (SECOND_SERVER === undefined || options.server !== undefined) return startOwnStack(options);
  return startSpreadStack([TEST_SERVER, SECOND_SERVER], options);
}

/** In a suite: a whole Earshot for all of its tests. */
export function useStack(options?: TestStackOptions): TestStack {
  return useRunning(() => startTestStack(options));
}

/** Looks into the stack's own Redis, or the cluster that it was given. */
export async function withRedis(stack: Stack, look: (redis: Redis) => Promise<void>): Promise<void> {
  const given = (stack.env.EARSHOT_REDIS_URL ?? '').split(',') as [string, ...string[]];
  const cluster = given.length > 1;
  const urls: [string, ...string[]] = cluster ? given : [stack.redis().url];
  const place = { urls, cluster, sharded: true };
  const redis = await connectRedis(place, 'fail-fast', pino({ level: 'silent' }));
  await look(redis).finally(() => redis.destroy());
}
