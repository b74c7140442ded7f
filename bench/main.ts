import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../local/stack/stack.ts';
import { stopSignal } from '../local/stop-signals.ts';
import { createApi } from '../test/support/api.ts';
import { NO_LIMITS, watchStalls } from '../test/support/stalls/stalls.ts';
import { builtProcesses } from './built.ts';
import { busyChapter } from './busy/chapter.ts';
import { startHog } from './busy/hog.ts';
import type { BesideTunes } from './load/steady.ts';
import { aborted, onStack } from './on-stack.ts';
import { overload } from './overload/overload.ts';
import { rowsOfPart } from './part.ts';
import { bounds } from './parts/bounds.ts';
import { consent } from './parts/consent.ts';
import { imports } from './parts/imports.ts';
import { joining } from './parts/joining.ts';
import { listeners } from './parts/listeners.ts';
import { measure } from './parts/measure.ts';
import { numbers } from './parts/numbers.ts';
import { pages } from './parts/pages.ts';
import { reading } from './parts/reading.ts';
import { rounds } from './parts/rounds.ts';
import { stalls } from './parts/stalls.ts';
import { steps } from './parts/steps.ts';
import { storage } from './parts/storage.ts';
import { takeover } from './parts/takeover.ts';
import { uploads } from './parts/uploads.ts';
import { gatherAudience } from './people/audience.ts';
import { LONGEST_RUN, PLAN } from './plan.ts';
import { presence } from './presence/presence.ts';
import { prosody } from './prosody/prosody.ts';
import type { Chapter } from './report/chapters.ts';
import { describeMachine, type Machine } from './report/machine.ts';
import { chapters, type Findings, summary, writeReport } from './report/report.ts';
import type { Row } from './report/rows.ts';
import { ejabberd, servers } from './servers/servers.ts';
import { kamailio } from './versus/kamailio.ts';

/** What can be measured by itself, too; only a run of all of these writes their chapters of the report. */
const PARTS = [
  'tunes',
  'steps',
  'uploads',
  'joining',
  'consent',
  'pages',
  'stalls',
  'imports',
  'rounds',
  'storage',
  'reading',
  'numbers',
  'bounds',
  'listeners',
  'takeover',
];
/** What is measured only when it is named; each writes its own chapter of the report. */
const NIGHTLY = ['kamailio', 'prosody', 'ejabberd', 'servers', 'overload', 'sip', 'busy'];
const chosen = process.argv.slice(2);
const unknown = chosen.find((part) => ![...PARTS, ...NIGHTLY].includes(part));
if (unknown !== undefined) {
  console.error(`There is no part ${unknown}; the parts are ${[...PARTS, ...NIGHTLY].join(', ')}.`);
  process.exit(1);
}
const busy = chosen.includes('busy');
const wantsAll = chosen.length === 0 || busy;
const wants = (part: string) => chosen.includes(part) || (wantsAll && !NIGHTLY.includes(part));
const stop = stopSignal(() => process.exit(1));
const signal = AbortSignal.any([stop, AbortSignal.timeout(LONGEST_RUN)]);
// Every part waits for its end, too.
setMaxListeners(0, signal);
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
  const endHog = busy ? startHog() : undefined;
  const part = (name: string, measured: () => Row[] | Promise<Row[]>) => addPart(findings, name, measured);
  await part('reading', () => reading(console.log));
  await part('numbers', () => numbers(console.log));
  await part('bounds', () => bounds(console.log));
  await part('listeners', () => listeners(folder, console.log));
  await part('storage', () => storage(folder, console.log));
  if (['tunes', 'steps', 'uploads', 'joining', 'consent', 'pages'].some(wants)) await measureOnStack(findings);
  await part('stalls', measureStalls);
  await part('takeover', measureTakeover);
  await part('imports', () => besideTunes('imports', imports));
  await part('rounds', () => besideTunes('rounds', rounds));
  console.log(summary(findings));
  endHog?.();
  if (chosen.length === 0) await writeReport(chapters(machine, findings));
  if (busy) await writeReport([busyChapter(machine, findings.pairs, findings.rows)]);
  if (wants('prosody'))
    await writeReport([await Promise.race([prosody(folder, machine, console.log), aborted(signal)])]);
  const deps = { folder, signal, say: console.log };
  if (wants('ejabberd') || wants('servers'))
    await writeReport([await Promise.race([ejabberd(deps, machine), aborted(signal)])]);
  if (wants('servers')) await writeReport([await Promise.race([servers(deps, machine), aborted(signal)])]);
  if (wants('overload')) await writeReport([await measureOverload(machine)]);
  if (wants('sip'))
    await writeReport([await presence({ folder, env: { ...NO_LIMITS, EARSHOT_LOG_LEVEL: 'warn' }, signal }, machine)]);
  if (wants('kamailio')) await writeReport([await compareWithKamailio(machine)]);
}

/** Adds what a part has found, if it is wanted. */
async function addPart({ rows }: Findings, name: string, measured: () => Row[] | Promise<Row[]>): Promise<void> {
  if (wants(name)) rows.push(...(await rowsOfPart(name, stop, () => Promise.race([measured(), aborted(signal)]))));
}

/** On a stack of its own. */
function measureOverload(machine: Machine): Promise<Chapter> {
  return onStack({ dataDir: join(folder, 'overload'), env: NO_LIMITS, signal }, (deps) => overload(deps, machine));
}

/** On two stacks of its own, of which nothing works after the crash at the end. */
async function compareWithKamailio(machine: Machine): Promise<Chapter> {
  const env = { ...NO_LIMITS, EARSHOT_LOG_LEVEL: 'warn' };
  const on = (server: 'prosody' | 'ejabberd') => ({
    dataDir: join(folder, `beside-sip-${server}`),
    server,
    env,
    signal,
  });
  return onStack(on('prosody'), (prosody) =>
    onStack(on('ejabberd'), (other) => kamailio({ prosody, ejabberd: other }, machine, folder, console.log)),
  );
}

/** What is measured on one stack, one part after the other. */
async function measureOnStack(findings: Findings): Promise<void> {
  const place = { dataDir: join(folder, 'data'), env: { EARSHOT_LOG_LEVEL: 'warn' }, signal };
  await onStack(place, async (deps) => {
    console.log('Making accounts and friendships …');
    const audience = await gatherAudience(deps.stack, deps.api, deps.stores, PLAN);
    if (wants('tunes')) findings.pairs.push(...(await measure(deps, audience)));
    await addPart(findings, 'steps', () => steps({ ...deps, dataDir: place.dataDir }, console.log));
    await addPart(findings, 'consent', () => consent(deps, audience, console.log));
    await addPart(findings, 'uploads', () => uploads(deps, audience, console.log));
    await addPart(findings, 'joining', () => joining(deps, audience, console.log));
    // The last: from then on the XMPP server is away.
    await addPart(findings, 'pages', () => pages(deps, console.log));
    audience.leave();
  });
}

/** On a stack of its own, whose component is ended over and over. */
function measureTakeover(): Promise<Row[]> {
  return onStack({ dataDir: join(folder, 'takeover'), env: NO_LIMITS, signal }, (deps) =>
    takeover(deps, folder, console.log),
  );
}

/** On a stack of its own, whose gateway is watched from within. */
async function measureStalls(): Promise<Row[]> {
  const watch = await watchStalls(true);
  const entries = { ...builtProcesses(), ...watch.options.entries };
  const env = { ...watch.options.env, ...NO_LIMITS };
  const stack = await startStack({ dataDir: join(folder, 'watched'), entries, env, signal });
  try {
    return await stalls(stack, createApi(stack), watch, console.log);
  } finally {
    await stack.stop();
  }
}

/** On a stack of its own, while some publish: what follows an import goes on after it. */
function besideTunes(
  name: string,
  measured: (deps: BesideTunes, say: (line: string) => void) => Promise<Row[]>,
): Promise<Row[]> {
  return onStack({ dataDir: join(folder, name), env: NO_LIMITS, signal }, async ({ stack, api, stores }) => {
    const audience = await gatherAudience(stack, api, stores, { publishers: PLAN.lanes, friends: 2 });
    return measured({ stack, stores, audience }, console.log).finally(() => audience.leave());
  });
}
