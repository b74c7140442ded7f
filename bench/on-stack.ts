import { type StackOptions, startStack } from '../local/stack/stack.ts';
import { createApi } from '../test/support/api.ts';
import { builtProcesses } from './built.ts';
import type { Deps } from './parts/measure.ts';
import { storesOf } from './stores-of.ts';

/**
 * Starts a private stack from the build, does the work and stops everything. Subscribers need not pause between two tunes: a few of
 * them are enough to use the machine to the full.
 */
export async function onStack<T>(
  {
    env,
    signal,
    ...place
  }: Pick<StackOptions, 'dataDir' | 'server' | 'ejabberd'> & { env: Record<string, string>; signal: AbortSignal },
  work: (deps: Deps) => Promise<T>,
): Promise<T> {
  const settings = { EARSHOT_PUBLISH_INTERVAL_MS: '0', ...env };
  const stack = await startStack({ ...place, entries: builtProcesses(), env: settings, signal });
  const { redis, stores } = await storesOf(stack, [stack.redis().url]);
  try {
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
