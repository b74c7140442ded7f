import type { Stack } from '../../local/stack/stack.ts';
import type { Stores } from '../../store/stores.ts';
import type { Audience } from '../people/audience.ts';
import { PLAN } from '../plan.ts';
import { measureLatencies } from './load.ts';
import type { earshotWay } from './ways.ts';

/** A stack whose publishers publish while something else is measured. */
export type BesideTunes = { stack: Stack; stores: Stores; audience: Audience };

/** Latencies of tunes that go out at a steady rate for so many milliseconds. */
export type Tunes = (duration: number) => Promise<number[]>;

/** `rate`: tunes a second. */
export function tunesOn(
  { publish }: Pick<Awaited<ReturnType<typeof earshotWay>>, 'publish'>,
  { arrivals }: Audience,
  rate: number,
): Tunes {
  return (duration) => measureLatencies(publish, arrivals, { lanes: PLAN.lanes, rate, duration });
}

/** Plays for `during` milliseconds at a time until it has ended: what it ended with, and the latencies meanwhile. */
export async function tunesUntil<T>(
  tunes: Tunes,
  during: number,
  end: Promise<T>,
): Promise<{ ended: T; latencies: number[] }> {
  let over = false;
  const ended = end.finally(() => {
    over = true;
  });
  // Where a tune is lost that is the reason to break off, and not what fails afterwards.
  ended.catch(() => {});
  const latencies: number[] = [];
  while (!over) latencies.push(...(await tunes(during)));
  return { ended: await ended, latencies };
}
