import type { Stack } from '../../local/stack/stack.ts';
import { type CpuTimes, cpuEach, readCpu } from '../cpu.ts';
import { measureLatencies, measureRate, type Publish } from '../load/load.ts';
import { median } from '../median.ts';
import type { Audience } from '../people/audience.ts';
import { PLAN } from '../plan.ts';

export type Published = { rate: number; latency: number; cpu: CpuTimes };

/** The full rate, what it costs, and the median latency at a tenth of `rawRate` (of its own rate when left out). */
export async function publishing(
  stack: Stack,
  publish: Publish,
  { arrivals }: Audience,
  rawRate?: number,
): Promise<Published> {
  let before = readCpu(stack);
  let cpu: CpuTimes = {};
  const rate = await measureRate(publish, arrivals, PLAN, (events) => {
    if (events === undefined) before = readCpu(stack);
    else cpu = cpuEach(before, readCpu(stack), events);
  });
  const latencies = await measureLatencies(publish, arrivals, {
    lanes: PLAN.lanes,
    rate: (rawRate ?? rate) * PLAN.latencyLoad,
    duration: PLAN.latencyDuration,
  });
  return { rate, latency: median(latencies), cpu };
}
