import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../local/children/child.ts';
import { startProcess } from '../../local/processes.ts';
import type { Stack } from '../../local/stack/stack.ts';
import { inBatches } from '../../runtime/batches.ts';
import { hashNumbers } from '../../store/subscriber/subscriber-record.ts';
import { builtProcesses } from '../built.ts';
import { cpuOf, readCpu } from '../cpu.ts';
import { type BesideTunes, type Tunes, tunesOn } from '../load/steady.ts';
import { earshotWay } from '../load/ways.ts';
import { median } from '../median.ts';
import { numberKeysOf } from '../number-keys.ts';
import type { Row } from '../report/rows.ts';
import { settled } from '../settled.ts';
import { changeKey } from './another-key.ts';

/**
 * `owners`: subscribers with books of `contacts`, of whom `known` are subscribers who do not hold them; `bare`: subscribers without books;
 * `goals`: subscribers a second; the others as in `IMPORTS`.
 */
export const ROUNDS = {
  ...{ owners: 3_000, contacts: 100, known: 10, bare: 30_000, goals: { owners: 1_000, bare: 3_000 } },
  ...{ rate: 50, quiet: 3_000, during: 500, delay: 5 },
} as const;

const DAY = 86_400_000;
const TOGETHER = 200;

/** How fast a round goes through people about whom all is right, and how long a tune takes meanwhile. */
export async function rounds(deps: BesideTunes, say: (line: string) => void): Promise<Row[]> {
  const { stack, audience } = deps;
  say(`Making ${ROUNDS.owners} books of ${ROUNDS.contacts} …`);
  await makeOwners(deps);
  const way = await earshotWay(stack, audience.publishers);
  const tunes = tunesOn(way, audience, ROUNDS.rate);
  try {
    await tunes(ROUNDS.quiet);
    const quiet = median(await tunes(ROUNDS.quiet));
    const owners = await goThrough(deps, tunes);
    await makeBare(deps);
    const all = await goThrough(deps, tunes);
    const second = await startSecondWorker(stack);
    const byTwo = await goThrough(deps, tunes).finally(() => second.stop());
    way.close();
    const key = await changeKey(deps, ROUNDS);
    say(
      `owners ${owners.cpu}; with the others ${all.cpu}; another key ${key.cpu}; a tune ${quiet.toFixed(1)} ms before`,
    );
    return [
      ...rowsOf(`subscribers with books of ${ROUNDS.contacts}`, owners.rate, ROUNDS.goals.owners, owners.tune - quiet),
      ...rowsOf(`these and ${ROUNDS.bare} without books`, all.rate, ROUNDS.goals.bare, all.tune - quiet),
      {
        what: 'The same round by two workers',
        measured: `${byTwo.rate.toFixed(0)} a second`,
        goal: `more than ${all.rate.toFixed(0)}`,
        met: byTwo.rate > all.rate,
      },
      {
        what: 'Another number key for the same, by one worker, while as many tunes are published',
        measured: `${key.rate.toFixed(0)} a second`,
        goal: `at least ${ROUNDS.goals.bare}`,
        met: key.rate >= ROUNDS.goals.bare,
      },
      {
        what: 'Delay of a tune, median, while the number key changes',
        measured: `${(key.tune - key.quiet).toFixed(1)} ms`,
        goal: `at most ${ROUNDS.delay} ms`,
        met: key.tune - key.quiet <= ROUNDS.delay,
      },
    ];
  } finally {
    way.close();
  }
}

async function startSecondWorker(stack: Stack): Promise<Child> {
  const logFile = join(stack.server().dir, 'second-worker.log');
  return startProcess({ role: 'worker', env: stack.env, entry: builtProcesses().worker as string, logFile });
}

function rowsOf(who: string, rate: number, goal: number, added: number): Row[] {
  return [
    {
      what: `A round (\`reconcile --all\`) through ${who} about whom all is right, by one worker, while ${ROUNDS.rate} tunes a second are published`,
      measured: `${rate.toFixed(0)} a second`,
      goal: `at least ${goal}`,
      met: rate >= goal,
    },
    {
      what: `Delay of a tune, median, during the round through ${who}`,
      measured: `${added.toFixed(1)} ms`,
      goal: `at most ${ROUNDS.delay} ms`,
      met: added <= ROUNDS.delay,
    },
  ];
}

/** Subscribers a second of one round, the median of the tunes meanwhile, and the processor time for each subscriber. */
async function goThrough({ stack }: BesideTunes, tunes: Tunes) {
  const headers = { authorization: `Bearer ${stack.operatorKey}`, 'content-type': 'application/json' };
  const url = `${stack.gatewayUrl}/v1/reconciliations`;
  const before = readCpu(stack);
  const start = performance.now();
  const begun = (await (await fetch(url, { method: 'POST', headers, body: '{}' })).json()) as { subscribers: number };
  let over = false;
  const end = (async () => {
    while (((await (await fetch(url, { headers })).json()) as { state: string }).state !== 'done') await sleep(20);
    over = true;
    return performance.now();
  })();
  const latencies: number[] = [];
  while (!over) latencies.push(...(await tunes(ROUNDS.during)));
  const cpu = cpuOf(before, readCpu(stack), begun.subscribers);
  const rate = (begun.subscribers * 1_000) / ((await end) - start);
  return { rate, tune: median(latencies), cpu };
}

/** Subscribers whose accounts nobody has; what the XMPP server would be asked about them comes later than all of this. */
async function make({ stack, stores }: BesideTunes, phoneNumbers: readonly string[]): Promise<string[]> {
  const numberKeys = numberKeysOf(stack);
  const made: string[] = [];
  for (const part of inBatches(phoneNumbers, TOGETHER)) {
    const subscribers = part.map((phoneNumber) => {
      const id = randomUUID();
      const jid = `${id}@${stack.xmpp.domain}`;
      return { id, ...hashNumbers([phoneNumber], numberKeys), jid, displayName: '', state: 'pending' as const };
    });
    await stores.subscribers.createMany(subscribers, Date.now());
    const activations = subscribers.map(({ id }) => ({ id, dueAt: Date.now() + DAY, announceAt: undefined }));
    await stores.subscribers.activateMany(activations, Date.now());
    made.push(...subscribers.map(({ id }) => id));
  }
  return made;
}

async function makeBare(deps: BesideTunes): Promise<void> {
  await make(
    deps,
    Array.from({ length: ROUNDS.bare }, (_, i) => `+86${13_600_000_000 + i}`),
  );
}

async function makeOwners(deps: BesideTunes): Promise<void> {
  const { stack, stores } = deps;
  const numbers = Array.from({ length: ROUNDS.owners }, (_, i) => `+86${13_700_000_000 + i}`);
  const numberKeys = numberKeysOf(stack);
  const keyOf = (number: string) => numberKeys.of(number)[0] as string;
  const ids = await make(deps, numbers);
  for (const part of inBatches([...ids.entries()], TOGETHER)) {
    await Promise.all(
      part.map(async ([i, id]) => {
        const known = Array.from({ length: ROUNDS.known }, (_, k) => numbers[(i + k + 1) % numbers.length] as string);
        const strangers = Array.from(
          { length: ROUNDS.contacts - ROUNDS.known },
          (_, k) => `+86${13_900_000_000 + i * ROUNDS.contacts + k}`,
        );
        const contacts = [...known, ...strangers].map((number) => ({
          ...{ name: 'Somebody', groups: [], numberKeys: [keyOf(number)] },
        }));
        await stores.addressBooks.replace(id, new Map(contacts.map((one, k) => [`${k}`, one])), Date.now());
      }),
    );
    await settled(stores);
  }
}
