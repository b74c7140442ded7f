import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROLES, type Role } from '../../local/processes.ts';
import type { Stack } from '../../local/stack/stack.ts';

/** MB that each process has. */
export type Memory = Record<Role, number>;

/** What they have now. */
export function memoryOf(stack: Stack): Memory {
  return each(stack, 'VmRSS');
}

/** The most that they have in each of two halves of so many milliseconds. */
export async function mostIn(stack: Stack, duration: number): Promise<[first: Memory, second: Memory]> {
  const half = async () => {
    // The most there was begins anew here (proc(5)).
    for (const role of ROLES) writeFileSync(`/proc/${stack.process(role).pid}/clear_refs`, '5');
    await sleep(duration / 2);
    return each(stack, 'VmHWM');
  };
  return [await half(), await half()];
}

function each(stack: Stack, which: 'VmRSS' | 'VmHWM'): Memory {
  return Object.fromEntries(ROLES.map((role) => [role, read(stack.process(role).pid, which)])) as Memory;
}

function read(pid: number, which: string): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}
