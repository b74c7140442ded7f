import { randomUUID } from 'node:crypto';
import type { Stack } from '../../local/stack/stack.ts';
import { inBatches } from '../../runtime/batches.ts';
import { createNumberKey } from '../../runtime/secret/number-key.ts';
import type { Stores } from '../../store/stores.ts';
import type { Api } from '../../test/support/api.ts';
import { measureLatencies } from '../load/load.ts';
import { earshotWay } from '../load/ways.ts';
import { median } from '../median.ts';
import type { Audience } from '../people/audience.ts';
import { PLAN } from '../plan.ts';
import type { Row } from '../report/rows.ts';
import { settled } from '../settled.ts';

/** `rate`: tunes a second; `quiet`: milliseconds without a join; `rounds`: joins; `delay`, `settled`: milliseconds that are to be reached. */
export const JOINING = {
  holders: 10_000,
  rate: 50,
  quiet: 3_000,
  during: 1_000,
  rounds: 3,
  delay: 50,
  settled: 3_000,
} as const;
const NUMBERS = Array.from({ length: JOINING.rounds }, (_, i) => `+86${13_700_137_000 + i}`);

/** How long a tune takes while somebody joins whose number stands in 10,000 books, and while nobody does. */
export async function joining(
  { stack, api, stores }: { stack: Stack; api: Api; stores: Stores },
  audience: Audience,
  say: (line: string) => void,
): Promise<Row[]> {
  say(`Making ${JOINING.holders} books that hold a number …`);
  const keyOf = createNumberKey(Buffer.from(stack.env.EARSHOT_NUMBER_KEY ?? '', 'hex'));
  await makeHolders(stores, keyOf, stack.xmpp.domain);
  const way = await earshotWay(stack, audience.publishers);
  const load = { lanes: PLAN.lanes, rate: JOINING.rate };
  const delays: number[] = [];
  const fanOuts: number[] = [];
  try {
    for (const number of NUMBERS) {
      const quiet = await measureLatencies(way.publish, audience.arrivals, { ...load, duration: JOINING.quiet });
      const start = performance.now();
      await api.join(number);
      const fanOut = settled(stores).then(() => performance.now() - start);
      const busy = await measureUntil(fanOut, () =>
        measureLatencies(way.publish, audience.arrivals, { ...load, duration: JOINING.during }),
      );
      fanOuts.push(await fanOut);
      delays.push(median(busy) - median(quiet));
      say(
        `Joined in ${fanOuts.at(-1)?.toFixed(0)} ms; a tune ${median(quiet).toFixed(2)} ms before, ${median(busy).toFixed(2)} ms meanwhile`,
      );
    }
  } finally {
    way.close();
  }
  const [delay, fanOut] = [median(delays), median(fanOuts)];
  const joins = `somebody joins whom ${JOINING.holders.toLocaleString('en')} books hold`;
  return [
    {
      what: `Delay of a tune, median, while ${joins}`,
      measured: `${delay.toFixed(1)} ms`,
      goal: `at most ${JOINING.delay} ms`,
      met: delay <= JOINING.delay,
    },
    {
      what: `When ${joins}: from the call until all is settled`,
      measured: `${(fanOut / 1_000).toFixed(1)} s`,
      goal: `at most ${JOINING.settled / 1_000} s`,
      met: fanOut <= JOINING.settled,
    },
  ];
}

/** Goes on measuring until the promise settles, so that every tune that counts was sent meanwhile. */
async function measureUntil(end: Promise<unknown>, measure: () => Promise<number[]>): Promise<number[]> {
  let over = false;
  void end.finally(() => {
    over = true;
  });
  const all: number[] = [];
  while (!over) all.push(...(await measure()));
  return all;
}

/** Subscribers without accounts, whose books hold the number; they go through the store and the worker as any others. */
async function makeHolders(stores: Stores, keyOf: (number: string) => string, domain: string): Promise<void> {
  const book = new Map([['joiner', { name: 'Joiner', groups: [], numberKeys: NUMBERS.map(keyOf) }]]);
  const people = Array.from({ length: JOINING.holders }, (_, i) => `+86${13_600_000_000 + i}`);
  for (const part of inBatches(people, 100))
    await Promise.all(
      part.map(async (phoneNumber) => {
        const id = randomUUID();
        const jid = `${id}@${domain}`;
        const subscriber = { id, phoneNumber, numberKey: keyOf(phoneNumber), jid, displayName: '' };
        await stores.subscribers.create({ ...subscriber, state: 'pending' }, Date.now());
        await stores.subscribers.activate({ ...subscriber, state: 'pending' }, Date.now());
        await stores.addressBooks.replace(id, book, Date.now());
      }),
    );
  await settled(stores);
}
