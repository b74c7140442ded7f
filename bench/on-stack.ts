import { pino } from 'pino';
import { startStack } from '../local/stack/stack.ts';
import { connectRedis } from '../runtime/redis.ts';
import { createStores } from '../store/stores.ts';
import { createApi } from '../test/support/api.ts';
import { builtProcesses } from './built.ts';
import type { Deps } from './parts/measure.ts';

/**
 * Starts a private stack from the build, does the work and stops everything. Subscribers need not pause between two tunes: a few of
 * them are enough to use the machine to the full.
 */
export async function onStack<T>(
  { dataDir, env, signal }: { dataDir: string; env: Record<string, string>; signal: AbortSignal },
  work: (deps: Deps) => Promise<T>,
): Promise<T> {
  const settings = { EARSHOT_PUBLISH_INTERVAL_MS: '0', ...env };
  const stack = await startStack({ dataDir, entries: builtProcesses(), env: settings, signal });
  const place = { urls: [stack.redis().url], cluster: false } as const;
  const redis = await connectRedis(place, 'wait', pino({ level: 'silent' }));
  try {
    const stores = createStores(redis, 'earshot', Buffer.from(stack.env.EARSHOT_SECRETS_KEY ?? '', 'hex'));
    const deps = { stack, redis, api: createApi(stack), stores, signal, say: console.log };
    return await Promise.race([work(deps), aborted(signal)]);
  } finally {
    redis.destroy();
    await stack.stop();
  }
}

/** Rejects when the run is to end. */
export function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
