import type { Stack } from '../../local/stack/stack.ts';
import { type CpuTimes, cpuEach, readCpu } from '../cpu.ts';
import { measureLatencies, measureRate, type Publish } from '../load/load.ts';
import { median, p99 } from '../median.ts';
import type { Audience } from '../people/audience.ts';
import { PLAN } from '../plan.ts';

/** Milliseconds. */
export type Latency = { median: number; p99: number };
/** `rate`: events a second at the friends; `cpu`: milliseconds for each event. */
export type FullRate = { rate: number; cpu: CpuTimes };
/** `quiet`, `half`: at these parts of the bare rate. */
export type Published = FullRate & { quiet: Latency; half: Latency };

/** The full rate, what it costs, and the latencies at parts of `rawRate` (of its own rate when left out). */
export async function publishing(
  stack: Stack,
  publish: Publish,
  audience: Audience,
  rawRate?: number,
): Promise<Published> {
  const full = await fullRate(stack, publish, audience);
  async function latencyAt(load: number): Promise<Latency> {
    const plan = { lanes: PLAN.lanes, rate: (rawRate ?? full.rate) * load, duration: PLAN.latencyDuration };
    const latencies = await measureLatencies(publish, audience.arrivals, plan);
    return { median: median(latencies), p99: p99(latencies) };
  }
  return { ...full, quiet: await latencyAt(PLAN.load.quiet), half: await latencyAt(PLAN.load.half) };
}

/** As much as passes. */
export async function fullRate(stack: Stack, publish: Publish, { arrivals }: Audience): Promise<FullRate> {
  let before = readCpu(stack);
  let cpu: CpuTimes = {};
  const rate = await measureRate(publish, arrivals, PLAN, (events) => {
    if (events === undefined) before = readCpu(stack);
    else cpu = cpuEach(before, readCpu(stack), events);
  });
  return { rate, cpu };
}
