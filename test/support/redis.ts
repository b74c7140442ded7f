import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type RedisServer, startRedis } from '../../local/redis-server.ts';
import { createRedis, type Redis } from '../../runtime/redis.ts';
import { createStores, type Stores } from '../../store/stores.ts';

export type TestRedis = {
  server: RedisServer;
  redis: Redis;
  freshStores(): Stores;
  stop(): Promise<void>;
};

/** A private Redis; `freshStores` gives each test a prefix of its own. */
export async function startTestRedis(): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'earshot-redis-'));
  const server = await startRedis({ dir, password: randomUUID() });
  const log = pino({ level: 'silent' });
  const redis = createRedis(server.url, 'fail-fast', log);
  await redis.connect();
  return {
    server,
    redis,
    freshStores: () => createStores(redis, `t${randomUUID().slice(0, 8)}`),
    async stop() {
      redis.destroy();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** What Redis has been told and has answered so far. */
export async function traffic({ redis }: TestRedis): Promise<{ commands: number; bytes: number }> {
  const stats = await redis.info('stats');
  const of = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(stats)?.[1]);
  return {
    commands: of('total_commands_processed'),
    bytes: of('total_net_input_bytes') + of('total_net_output_bytes'),
  };
}
