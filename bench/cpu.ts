import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { PART_NAMES, type Stack } from '../local/stack/stack.ts';

/** CPU milliseconds by part of the stack; `bench` is this process: load and friends. Empty where there is no `/proc`. */
export type CpuTimes = Record<string, number>;
/** A reading: the parts, the whole machine, and when. */
export type CpuReading = { parts: CpuTimes; machine: number; at: number };
/** The processes of each part. */
export type Processes = Record<string, readonly number[]>;

export function readCpu(stack: Stack): CpuReading {
  return readCpuOf(processesOf(stack));
}

/** These and this process; each part keeps the same processes between two readings. */
export function readCpuOf(processes: Processes): CpuReading {
  return { parts: partTimes({ ...processes, bench: [process.pid] }), machine: machineTime(), at: performance.now() };
}

/** The parts of a stack that run. */
export function processesOf(stack: Stack): Processes {
  const parts = PART_NAMES.map((name) => ({ name, part: stack.part(name) }));
  const running = parts.filter(({ part }) => part.exit() === undefined);
  return Object.fromEntries(running.map(({ name, part }) => [name, [part.pid]]));
}

/** A process and all that it has started, and so on. */
export function withDescendants(pid: number): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' '),
  );
  return [pid, ...children.filter((child) => child !== '').flatMap((child) => withDescendants(Number(child)))];
}

/** CPU milliseconds of each part for each of the `events` between two readings. */
export function cpuEach(before: CpuReading, after: CpuReading, events: number): CpuTimes {
  return Object.fromEntries(used(before, after).map(([name, time]) => [name, time / Math.max(1, events)]));
}

/** The same in words. */
export function cpuOf(before: CpuReading, after: CpuReading, events: number): string {
  const each = Object.entries(cpuEach(before, after, events));
  return each.map(([part, ms]) => `${part} ${ms.toFixed(3)} ms`).join(', ');
}

/** The share of the machine (0–1) that other programs used between two readings; 0 where it is not known. */
export function othersShare(before: CpuReading, after: CpuReading): number {
  const parts = used(before, after);
  if (parts.length === 0) return 0;
  const ours = parts.reduce((sum, [, time]) => sum + time, 0);
  return Math.max(0, (after.machine - before.machine - ours) / ((after.at - before.at) * cpus().length));
}

function used(before: CpuReading, after: CpuReading): [part: string, time: number][] {
  return Object.entries(after.parts).map(([name, time]) => [name, time - (before.parts[name] ?? time)]);
}

function partTimes(processes: Processes): CpuTimes {
  if (process.platform !== 'linux') return {};
  const timeOf = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + processTime(pid), 0);
  return Object.fromEntries(Object.entries(processes).map(([name, pids]) => [name, timeOf(pids)]));
}

/** User and system time (proc(5), fields 14 and 15 of stat). */
function processTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond();
}

function machineTime(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

let ticks: number | undefined;

function ticksPerSecond(): number {
  ticks ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' })) || 100;
  return ticks;
}
