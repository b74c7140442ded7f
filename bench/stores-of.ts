import { pino } from 'pino';
import type { Stack } from '../local/stack/stack.ts';
import { connectRedis, type Redis } from '../runtime/redis/redis.ts';
import { createStores, type Stores } from '../store/stores.ts';

/** The stores of a stack, by a connection to its Redis, or to the masters of a cluster, at these URLs. */
export async function storesOf({ env }: Stack, urls: readonly string[]): Promise<{ redis: Redis; stores: Stores }> {
  const place = { urls: urls as [string, ...string[]], cluster: urls.length > 1, sharded: true };
  const redis = await connectRedis(place, 'wait', pino({ level: 'silent' }));
  return { redis, stores: createStores(redis, 'earshot', Buffer.from(env.EARSHOT_SECRETS_KEY ?? '', 'hex')) };
}
