import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../local/children/child.ts';
import { startProcess } from '../../local/processes.ts';
import type { Stack } from '../../local/stack/stack.ts';
import { builtProcesses } from '../built.ts';
import { cpuOf, readCpu } from '../cpu.ts';
import { type BesideTunes, type Tunes, tunesOn, tunesUntil } from '../load/steady.ts';
import { earshotWay } from '../load/ways.ts';
import { median } from '../median.ts';
import type { Row } from '../report/rows.ts';
import { changeKey, endChange } from './another-key.ts';
import { changePolicy } from './another-policy.ts';
import { giveBooks, makeBare, makeOwners } from './owners.ts';
import { ROUNDS } from './rounds-plan.ts';

/** Subscribers a second, the median of the tunes meanwhile, and the processor time for each subscriber. */
type Gone = { rate: number; tune: number; cpu: string };

const OWNERS = `subscribers with books of ${ROUNDS.contacts}`;
const ALL = `these and ${ROUNDS.bare} without books`;

/** How fast a round goes through people about whom all is right, and how long a tune takes meanwhile. */
export async function rounds(deps: BesideTunes, say: (line: string) => void): Promise<Row[]> {
  say(`Making ${ROUNDS.owners} books of ${ROUNDS.contacts} …`);
  const ids = await makeOwners(deps);
  const owners = await roundsOf(deps, OWNERS, ROUNDS.goals.owners, say);
  // A second change of the key begins only when the first is ended, and books from before that match nobody then.
  await deps.audience.uploadBooks();
  await endChange(deps);
  await makeBare(deps);
  const all = await roundsOf(deps, ALL, ROUNDS.goals.bare, say);
  await giveBooks(deps, ids, 0);
  const policy = await whilePlaying(deps, (tunes) => changePolicy(deps, tunes, ROUNDS.during));
  say(`another policy ${policy.gone.cpu}`);
  const what = `Another policy for ${ALL}, none of whom holds another, by one worker`;
  return [...owners, ...all, ...rowsOf(what, ROUNDS.goals.bare, policy)];
}

/** A round through everybody that there is, by one worker and by two, and another number key for them. */
async function roundsOf(deps: BesideTunes, who: string, goal: number, say: (line: string) => void): Promise<Row[]> {
  const one = await whilePlaying(deps, (tunes) => goThrough(deps, tunes));
  const second = await startSecondWorker(deps.stack);
  const two = await whilePlaying(deps, (tunes) => goThrough(deps, tunes)).finally(() => second.stop());
  const key = await changeKey(deps, ROUNDS);
  say(`${who}: ${one.gone.cpu}; by two workers ${two.gone.cpu}; another key ${key.cpu}`);
  return [
    ...rowsOf(`A round (\`reconcile --all\`) through ${who} about whom all is right, by one worker`, goal, one),
    ...rowsOf(`The same by two workers, ${who}`, one.gone.rate, two),
    ...rowsOf(`Another number key for ${who}, by one worker`, goal, { gone: key, quiet: key.quiet }),
  ];
}

/** What is gone through while some play, and the median of the tunes before. */
async function whilePlaying(
  { stack, audience }: BesideTunes,
  go: (tunes: Tunes) => Promise<Gone>,
): Promise<{ gone: Gone; quiet: number }> {
  const way = await earshotWay(stack, audience.publishers);
  const tunes = tunesOn(way, audience, ROUNDS.rate);
  try {
    await tunes(ROUNDS.quiet);
    const quiet = median(await tunes(ROUNDS.quiet));
    return { gone: await go(tunes), quiet };
  } finally {
    way.close();
  }
}

async function startSecondWorker(stack: Stack): Promise<Child> {
  const logFile = join(stack.server().dir, 'second-worker.log');
  return startProcess({ role: 'worker', env: stack.env, entry: builtProcesses().worker as string, logFile });
}

function rowsOf(what: string, goal: number, { gone, quiet }: { gone: Gone; quiet: number }): Row[] {
  const added = gone.tune - quiet;
  return [
    {
      what: `${what}, while ${ROUNDS.rate} tunes a second are published`,
      measured: `${gone.rate.toFixed(0)} a second`,
      goal: `at least ${goal.toFixed(0)}`,
      met: gone.rate >= goal,
    },
    {
      what: `${what}: delay of a tune, median`,
      measured: `${added.toFixed(1)} ms`,
      goal: `at most ${ROUNDS.delay} ms`,
      met: added <= ROUNDS.delay,
    },
  ];
}

/** One round, from the call until it is done. */
async function goThrough({ stack }: BesideTunes, tunes: Tunes): Promise<Gone> {
  const headers = { authorization: `Bearer ${stack.operatorKey}`, 'content-type': 'application/json' };
  const url = `${stack.gatewayUrl}/v1/reconciliations`;
  const before = readCpu(stack);
  const start = performance.now();
  const begun = (await (await fetch(url, { method: 'POST', headers, body: '{}' })).json()) as { subscribers: number };
  const end = (async () => {
    while (((await (await fetch(url, { headers })).json()) as { state: string }).state !== 'done') await sleep(20);
    return performance.now();
  })();
  const { ended, latencies } = await tunesUntil(tunes, ROUNDS.during, end);
  const cpu = cpuOf(before, readCpu(stack), begun.subscribers);
  const rate = (begun.subscribers * 1_000) / (ended - start);
  return { rate, tune: median(latencies), cpu };
}
