import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Stack, type StackOptions, startStack } from '../../local/stack/stack.ts';
import { connectRedis, type Redis } from '../../runtime/redis.ts';
import { PATIENCE, REDIS_PATIENCE } from './eventually.ts';
import { TEST_SERVER } from './on-server.ts';
import { useRunning } from './running.ts';

/** A whole Earshot on the XMPP server that is tested, on free ports and in a folder of its own, which goes when the test ends. */
export async function startTestStack(
  options: Omit<StackOptions, 'dataDir'> = {},
): Promise<Stack & { dataDir: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'earshot-test-'));
  const env = { EARSHOT_REDIS_PATIENCE_MS: REDIS_PATIENCE, ...options.env };
  const stack = await startStack({ server: TEST_SERVER, readyTimeoutMs: PATIENCE, ...options, env, dataDir }).catch(
    async (err: unknown) => {
      await rm(dataDir, { recursive: true, force: true });
      throw err;
    },
  );
  return {
    ...stack,
    dataDir,
    async stop() {
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** In a suite: a whole Earshot for all of its tests. */
export function useStack(options?: Omit<StackOptions, 'dataDir'>): Stack & { dataDir: string } {
  return useRunning(() => startTestStack(options));
}

/** Looks into the stack's own Redis. */
export async function withRedis(stack: Stack, look: (redis: Redis) => Promise<void>): Promise<void> {
  const place = { urls: [stack.redis().url], cluster: false } as const;
  const redis = await connectRedis(place, 'fail-fast', pino({ level: 'silent' }));
  await look(redis).finally(() => redis.destroy());
}
