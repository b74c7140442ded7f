import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../../local/stack/stack.ts';
import type { Audience } from '../people/audience.ts';
import { PLAN } from '../plan.ts';
import { measureRate, type Publish } from './load.ts';
import { newTune } from './tunes.ts';
import { earshotWay } from './ways.ts';

/** Does the work while the publishers play half as much as Earshot can bear, which is measured before: `rate` tunes a second. */
export async function atHalfLoad<T>(stack: Stack, audience: Audience, work: (rate: number) => Promise<T>): Promise<T> {
  // Opened when they are used: the gateway ends a connection on which nothing is asked.
  const way = await earshotWay(stack, audience.publishers);
  try {
    const rate = (await measureRate(way.publish, audience.arrivals, PLAN)) / 2;
    return await meanwhile(way.publish, audience, rate, () => work(rate));
  } finally {
    way.close();
  }
}

/** Tunes go out at this rate, or as fast as they can, until the work is done. */
async function meanwhile<T>(
  publish: Publish,
  { arrivals }: Audience,
  rate: number,
  work: () => Promise<T>,
): Promise<T> {
  let over = false;
  async function drive(lane: number): Promise<void> {
    for (let turn = 0; !over; turn += 1) {
      const next = performance.now() + (PLAN.lanes * 1_000) / rate;
      const tune = newTune();
      const arrived = arrivals.of(tune.title);
      await Promise.all([publish(lane, turn, tune), arrived]);
      await sleep(Math.max(0, next - performance.now()));
    }
  }
  const driving = Promise.all(Array.from({ length: PLAN.lanes }, (_, lane) => drive(lane)));
  try {
    return await work();
  } finally {
    over = true;
    await driving;
  }
}
