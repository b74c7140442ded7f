import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Stack, type StackOptions, startStack } from '../../local/stack.ts';
import { createRedis, type Redis } from '../../runtime/redis.ts';

/** A whole Earshot on free ports and in a folder of its own, which goes when the test ends. */
export async function startTestStack(
  options: Omit<StackOptions, 'dataDir'> = {},
): Promise<Stack & { dataDir: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'earshot-test-'));
  const stack = await startStack({ ...options, dataDir }).catch(async (err: unknown) => {
    await rm(dataDir, { recursive: true, force: true });
    throw err;
  });
  return {
    ...stack,
    dataDir,
    async stop() {
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Looks into the stack's own Redis. */
export async function withRedis(stack: Stack, look: (redis: Redis) => Promise<void>): Promise<void> {
  const redis = createRedis(stack.redis().url, 'fail-fast', pino({ level: 'silent' }));
  await redis.connect();
  await look(redis).finally(() => redis.destroy());
}
