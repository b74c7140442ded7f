import type { Stack } from '../../local/stack/stack.ts';
import { type CpuTimes, cpuEach, readCpu } from '../cpu.ts';
import { measureLatencies, measureRate, type Publish } from '../load/load.ts';
import { median, p99 } from '../median.ts';
import type { Audience } from '../people/audience.ts';
import { PLAN } from '../plan.ts';

/** Milliseconds. */
export type Latency = { median: number; p99: number };
/** `rate`: events a second at the friends; `quiet`, `half`: at these parts of the bare rate; `cpu`: milliseconds for each event. */
export type Published = { rate: number; quiet: Latency; half: Latency; cpu: CpuTimes };

/** The full rate, what it costs, and the latencies at parts of `rawRate` (of its own rate when left out). */
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
  async function latencyAt(load: number): Promise<Latency> {
    const plan = { lanes: PLAN.lanes, rate: (rawRate ?? rate) * load, duration: PLAN.latencyDuration };
    const latencies = await measureLatencies(publish, arrivals, plan);
    return { median: median(latencies), p99: p99(latencies) };
  }
  return { rate, quiet: await latencyAt(PLAN.load.quiet), half: await latencyAt(PLAN.load.half), cpu };
}
