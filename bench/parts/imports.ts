import type { Stack } from '../../local/stack/stack.ts';
import { measureLatencies } from '../load/load.ts';
import type { BesideTunes } from '../load/steady.ts';
import { earshotWay } from '../load/ways.ts';
import { median } from '../median.ts';
import { PLAN } from '../plan.ts';
import type { Row } from '../report/rows.ts';

/** `sizes`: rows of each file; `goal`: rows a second of the largest; `rate`: tunes a second, for `quiet` milliseconds before and in pieces of `during` meanwhile; `delay`: milliseconds of a tune's median that are to be kept. */
export const IMPORTS = {
  sizes: [20_000, 100_000],
  goal: 5_000,
  rate: 50,
  quiet: 3_000,
  during: 1_000,
  delay: 5,
} as const;

/** How fast provisioning files of new subscribers with accounts of their own are read, and how long a tune takes meanwhile. */
export async function imports({ stack, audience }: BesideTunes, say: (line: string) => void): Promise<Row[]> {
  const way = await earshotWay(stack, audience.publishers);
  const load = { lanes: PLAN.lanes, rate: IMPORTS.rate, duration: IMPORTS.during };
  const rows: Row[] = [];
  try {
    // The first are slow, as everything has just begun.
    await measureLatencies(way.publish, audience.arrivals, { ...load, duration: IMPORTS.quiet });
    const quiet = median(await measureLatencies(way.publish, audience.arrivals, { ...load, duration: IMPORTS.quiet }));
    let first = 0;
    for (const size of IMPORTS.sizes) {
      const start = performance.now();
      let over = false;
      const done = importRows(stack, size, first).finally(() => {
        over = true;
      });
      const tunes: number[] = [];
      while (!over) tunes.push(...(await measureLatencies(way.publish, audience.arrivals, load)));
      const rate = (size * 1_000) / ((await done) - start);
      first += size;
      const added = median(tunes) - quiet;
      say(
        `${size} rows: ${rate.toFixed(0)} a second; a tune ${quiet.toFixed(1)} ms before, ${added.toFixed(1)} ms more meanwhile`,
      );
      rows.push(...rowsOf(size, rate, added));
    }
  } finally {
    way.close();
  }
  return rows;
}

function rowsOf(size: number, rate: number, added: number): Row[] {
  const file = `a file of ${size.toLocaleString('en')} new subscribers`;
  return [
    {
      what: `Import of ${file}, while ${IMPORTS.rate} tunes a second are published`,
      measured: `${rate.toFixed(0)} rows/s`,
      goal: `at least ${IMPORTS.goal} rows/s`,
      met: rate >= IMPORTS.goal,
    },
    {
      what: `Delay of a tune, median, during the import of ${file}`,
      measured: `${added.toFixed(1)} ms`,
      goal: `at most ${IMPORTS.delay} ms`,
      met: added <= IMPORTS.delay,
    },
  ];
}

/** When it was done. */
async function importRows({ gatewayUrl, operatorKey, xmpp }: Stack, size: number, first: number): Promise<number> {
  const rows = Array.from({ length: size }, (_, i) => {
    const phoneNumber = `+86${13_500_000_000 + first + i}`;
    return JSON.stringify({ phoneNumber, displayName: `Row ${i}`, jid: `row${first + i}@${xmpp.domain}` });
  });
  const answer = await fetch(`${gatewayUrl}/v1/imports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/x-ndjson' },
    body: rows.join('\n'),
  });
  const last = (await answer.text()).trim().split('\n').at(-1) ?? '';
  if (JSON.parse(last).counts?.created !== size) throw new Error(`The import ended with ${last}`);
  return performance.now();
}
