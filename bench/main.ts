import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../local/stack.ts';
import { stopSignal } from '../local/stop-signals.ts';
import { createLog } from '../runtime/log.ts';
import { connectRedis } from '../runtime/redis.ts';
import { createStores } from '../store/stores.ts';
import { createApi } from '../test/support/api.ts';
import { builtProcesses } from './built.ts';
import { describeMachine } from './machine.ts';
import { measure } from './measure.ts';
import { LONGEST_RUN } from './plan.ts';
import { writeReport } from './report.ts';

const signal = AbortSignal.any([stopSignal(() => process.exit(1)), AbortSignal.timeout(LONGEST_RUN)]);
const folder = await mkdtemp(join(tmpdir(), 'earshot-bench-'));
try {
  await run();
} catch (error) {
  console.error('Could not measure:', error);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exit();

/** Starts a private stack, measures, writes the report and stops everything. */
async function run(): Promise<void> {
  const machine = describeMachine();
  const entries = builtProcesses();
  // Without a pause between two publishes, 200 subscribers are enough to use the machine to the full.
  const env = { EARSHOT_PUBLISH_INTERVAL_MS: '0', EARSHOT_LOG_LEVEL: 'warn' };
  const stack = await startStack({ dataDir: join(folder, 'data'), entries, env, signal });
  const place = { urls: [stack.redis().url], cluster: false } as const;
  const redis = await connectRedis(place, 'wait', createLog('bench', 'silent'));
  try {
    const stores = createStores(redis, 'earshot');
    const work = measure({ stack, api: createApi(stack), stores, signal, say: console.log });
    console.log(await writeReport(machine, await Promise.race([work, aborted()])));
  } finally {
    redis.destroy();
    await stack.stop();
  }
}

function aborted(): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
