import { setTimeout as sleep } from 'node:timers/promises';
import { cpuOf, readCpu } from '../cpu.ts';
import { type BesideTunes, type Tunes, tunesUntil } from '../load/steady.ts';
import { median } from '../median.ts';

/**
 * How many subscribers a second are looked at again under another policy: from the start of a worker that has it until its round is
 * done. The median of the tunes meanwhile, and the processor time for each subscriber.
 */
export async function changePolicy({ stack, stores }: BesideTunes, tunes: Tunes, during: number) {
  stack.env.EARSHOT_POLICY = 'either';
  const count = await stores.roll.count();
  await stack.part('worker').stop();
  const start = performance.now();
  await stack.restart('worker');
  const before = readCpu(stack);
  const end = (async () => {
    while ((await stores.reconciliation.policy()) !== 'either') await sleep(20);
    while ((await stores.reconciliation.progress()).state !== 'done') await sleep(20);
    return performance.now();
  })();
  const { ended, latencies } = await tunesUntil(tunes, during, end);
  const cpu = cpuOf(before, readCpu(stack), count);
  return { rate: (count * 1_000) / (ended - start), tune: median(latencies), cpu };
}
