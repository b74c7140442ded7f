import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../../local/stack/stack.ts';
import type { Stores } from '../../store/stores.ts';
import { cpuOf, readCpu } from '../cpu.ts';
import { type BesideTunes, tunesOn, tunesUntil } from '../load/steady.ts';
import { earshotWay } from '../load/ways.ts';
import { median } from '../median.ts';
import { numberKeysOf } from '../number-keys.ts';
import { settled } from '../settled.ts';

/**
 * How many subscribers a second are entered under another number key: from the start of a worker that has it until everybody
 * is under this and the former one and nobody is due. The gateway begins anew with the keys first. Of tunes the medians
 * before and meanwhile; the processor time for each subscriber.
 */
export async function changeKey(
  { stack, stores, audience }: BesideTunes,
  { rate: tuneRate, quiet: quietFor, during }: { rate: number; quiet: number; during: number },
) {
  stack.env.EARSHOT_NUMBER_KEY_PREVIOUS = stack.env.EARSHOT_NUMBER_KEY as string;
  stack.env.EARSHOT_NUMBER_KEY = randomBytes(32).toString('hex');
  await stack.restart('gateway');
  const way = await earshotWay(stack, audience.publishers);
  const tunes = tunesOn(way, audience, tuneRate);
  await tunes(quietFor);
  const quiet = median(await tunes(quietFor));
  const lasts = await lastOfEachPage(stores);
  const count = await stores.roll.count();
  await stack.part('worker').stop();
  const start = performance.now();
  await stack.restart('worker');
  const before = readCpu(stack);
  const end = entered(stack, stores, lasts).then(() => performance.now());
  const { ended, latencies } = await tunesUntil(tunes, during, end);
  const cpu = cpuOf(before, readCpu(stack), count);
  const rate = (count * 1_000) / (ended - start);
  way.close();
  return { rate, tune: median(latencies), quiet, cpu };
}

/** The key before counts no more, as after the books were uploaded anew: another change may begin. */
export async function endChange({ stack, stores }: Pick<BesideTunes, 'stack' | 'stores'>): Promise<void> {
  delete stack.env.EARSHOT_NUMBER_KEY_PREVIOUS;
  await stack.restart('gateway');
  await stack.restart('worker');
  await entered(stack, stores, await lastOfEachPage(stores));
}

/** Everybody is under the present keys, and nobody is due. */
async function entered(stack: Stack, stores: Stores, lasts: readonly string[]): Promise<void> {
  const keyIds = numberKeysOf(stack).ids;
  while ((await stores.subscribers.records(lasts)).some((record) => record?.keyIds !== keyIds)) await sleep(20);
  await settled(stores);
}

/** A worker goes through a page from its beginning to its end, and through the pages in any order. */
async function lastOfEachPage({ roll }: Stores): Promise<string[]> {
  const lasts: string[] = [];
  for (let page = (await roll.pages()) - 1; page >= 0; page -= 1) lasts.push(...(await roll.page(page)).slice(-1));
  return lasts;
}
