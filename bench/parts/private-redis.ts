import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { startRedis } from '../../local/redis/redis-server.ts';
import { connectSingle, type Redis } from '../../runtime/redis/redis.ts';

/** `used`: bytes that are allocated, `used_memory`. */
export type PrivateRedis = { redis: Redis; used(): Promise<number>; stop(): Promise<void> };

/** A Redis that nobody else uses. It keeps no file, which makes it quicker and changes nothing in its memory. */
export async function startPrivateRedis(folder: string): Promise<PrivateRedis> {
  const dir = join(folder, 'storage');
  await mkdir(dir, { recursive: true });
  const server = await startRedis({ dir, password: randomUUID() });
  const redis = await connectSingle(
    { urls: [server.url], cluster: false, sharded: true },
    'wait',
    pino({ level: 'silent' }),
  );
  await redis.configSet('appendonly', 'no');
  return {
    redis,
    used: async () => Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]),
    async stop() {
      redis.destroy();
      await server.stop();
    },
  };
}
