import { readFileSync, writeFileSync } from 'node:fs';

/** What came of `work`, and how many MB the process took for it at most, over what it had before. */
export async function memoryFor<T>(pid: number, work: () => Promise<T>): Promise<{ result: T; taken: number }> {
  const before = memory(pid, 'VmRSS');
  // The most there was begins anew here (proc(5)).
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
  const result = await work();
  return { result, taken: memory(pid, 'VmHWM') - before };
}

function memory(pid: number, which: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${which}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
}
