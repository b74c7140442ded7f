import { readFileSync } from 'node:fs';

/**
 * Milliseconds for which processes, by their ids, have been ready to run and waited for a processor since they began
 * (Linux, `schedstat` in proc(5)). What is gone, or not Linux, has waited for none.
 */
export function waitedForProcessor(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + waited(pid), 0);
}

function waited(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1]) / 1e6 || 0;
  } catch {
    return 0;
  }
}

/**
 * Time that processes are given. What they spend waiting for a processor does not count: on a machine
 * that is busy with others nobody is given up who gets on. `ms`: milliseconds.
 */
export function allow(ms: number, pids: readonly number[]): { elapsed(): number; left(): number } {
  const begun = Date.now();
  const waitedBefore = waitedForProcessor(pids);
  const elapsed = () => Date.now() - begun;
  return { elapsed, left: () => ms - elapsed() + Math.max(waitedForProcessor(pids) - waitedBefore, 0) };
}
