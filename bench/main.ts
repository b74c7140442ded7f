import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { startStack } from '../local/stack/stack.ts';
import { stopSignal } from '../local/stop-signals.ts';
import { connectRedis } from '../runtime/redis.ts';
import { createStores } from '../store/stores.ts';
import { createApi } from '../test/support/api.ts';
import { NO_LIMITS, watchStalls } from '../test/support/stalls/stalls.ts';
import { builtProcesses } from './built.ts';
import { bounds } from './parts/bounds.ts';
import { consent } from './parts/consent.ts';
import { imports } from './parts/imports.ts';
import { joining } from './parts/joining.ts';
import { measure } from './parts/measure.ts';
import { numbers } from './parts/numbers.ts';
import { pages } from './parts/pages.ts';
import { reading } from './parts/reading.ts';
import { stalls } from './parts/stalls.ts';
import { storage } from './parts/storage.ts';
import { uploads } from './parts/uploads.ts';
import { gatherAudience } from './people/audience.ts';
import { LONGEST_RUN, PLAN } from './plan.ts';
import { describeMachine } from './report/machine.ts';
import { chapters, type Findings, summary, writeReport } from './report/report.ts';
import type { Row } from './report/rows.ts';

/** What can be measured by itself; only a run of everything writes the report. */
const PARTS = [
  'tunes',
  'uploads',
  'joining',
  'consent',
  'pages',
  'stalls',
  'imports',
  'storage',
  'reading',
  'numbers',
  'bounds',
];
const chosen = process.argv.slice(2);
const unknown = chosen.find((part) => !PARTS.includes(part));
if (unknown !== undefined) {
  console.error(`There is no part ${unknown}; the parts are ${PARTS.join(', ')}.`);
  process.exit(1);
}
const wants = (part: string) => chosen.length === 0 || chosen.includes(part);
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

/** Measures what is wanted; writes the report when that is everything. */
async function run(): Promise<void> {
  const machine = describeMachine();
  const findings: Findings = { pairs: [], rows: [] };
  if (wants('reading')) findings.rows.push(...reading(console.log));
  if (wants('numbers')) findings.rows.push(...numbers(console.log));
  if (wants('bounds')) findings.rows.push(...(await bounds(console.log)));
  if (wants('storage')) findings.rows.push(...(await Promise.race([storage(folder, console.log), aborted()])));
  if (['tunes', 'uploads', 'joining', 'consent', 'pages'].some(wants)) await measureOnStack(findings);
  if (wants('stalls')) findings.rows.push(...(await measureStalls()));
  if (wants('imports')) findings.rows.push(...(await measureImports()));
  console.log(summary(findings));
  if (chosen.length === 0) await writeReport(chapters(machine, findings));
}

/** Starts a private stack, measures and stops everything. */
async function measureOnStack(findings: Findings): Promise<void> {
  const entries = builtProcesses();
  // Without a pause between two publishes, 200 subscribers are enough to use the machine to the full.
  const env = { EARSHOT_PUBLISH_INTERVAL_MS: '0', EARSHOT_LOG_LEVEL: 'warn' };
  const stack = await startStack({ dataDir: join(folder, 'data'), entries, env, signal });
  const place = { urls: [stack.redis().url], cluster: false } as const;
  const redis = await connectRedis(place, 'wait', pino({ level: 'silent' }));
  async function work(): Promise<void> {
    const secretsKey = Buffer.from(stack.env.EARSHOT_SECRETS_KEY ?? '', 'hex');
    const stores = createStores(redis, 'earshot', secretsKey);
    const deps = { stack, redis, api: createApi(stack), stores, signal, say: console.log };
    console.log('Making accounts and friendships …');
    const audience = await gatherAudience(stack, deps.api, deps.stores, PLAN);
    if (wants('tunes')) findings.pairs.push(...(await measure(deps, audience)));
    if (wants('consent')) findings.rows.push(...(await consent(deps, audience, console.log)));
    if (wants('uploads')) findings.rows.push(...(await uploads(deps, console.log)));
    if (wants('joining')) findings.rows.push(...(await joining(deps, audience, console.log)));
    // The last: from then on the XMPP server is away.
    if (wants('pages')) findings.rows.push(...(await pages(deps, console.log)));
    audience.leave();
  }
  try {
    await Promise.race([work(), aborted()]);
  } finally {
    redis.destroy();
    await stack.stop();
  }
}

/** On a stack of its own, whose gateway is watched from within. */
async function measureStalls(): Promise<Row[]> {
  const watch = await watchStalls(true);
  const entries = { ...builtProcesses(), ...watch.options.entries };
  const env = { ...watch.options.env, ...NO_LIMITS };
  const stack = await startStack({ dataDir: join(folder, 'watched'), entries, env, signal });
  try {
    return await Promise.race([stalls(stack, createApi(stack), watch, console.log), aborted()]);
  } finally {
    await stack.stop();
  }
}

/** On a stack of its own: what follows an import goes on after it. */
async function measureImports(): Promise<Row[]> {
  const entries = builtProcesses();
  const env = { ...NO_LIMITS, EARSHOT_PUBLISH_INTERVAL_MS: '0' };
  const stack = await startStack({ dataDir: join(folder, 'imports'), entries, env, signal });
  const place = { urls: [stack.redis().url], cluster: false } as const;
  const redis = await connectRedis(place, 'wait', pino({ level: 'silent' }));
  async function work(): Promise<Row[]> {
    const stores = createStores(redis, 'earshot', Buffer.from(stack.env.EARSHOT_SECRETS_KEY ?? '', 'hex'));
    const audience = await gatherAudience(stack, createApi(stack), stores, { publishers: PLAN.lanes, friends: 2 });
    return imports(stack, audience, console.log).finally(() => audience.leave());
  }
  try {
    return await Promise.race([work(), aborted()]);
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
