import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../local/children/programs.ts';
import { waitUntil } from '../local/children/wait.ts';

/** How often these processes sync a file to the disk (fsync, fdatasync) while the work is done; undefined where strace cannot look. */
export async function countSyncs(
  folder: string,
  pids: readonly number[],
  work: () => Promise<unknown>,
): Promise<number | undefined> {
  const strace = findProgram('strace');
  if (strace === undefined) return undefined;
  const file = join(folder, 'syncs');
  const watched = pids.flatMap((pid) => ['-p', String(pid)]);
  const child = spawn(strace, ['-f', '-qq', '-e', 'trace=fsync,fdatasync', '-o', file, ...watched], {
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  const traced = () => pids.every((pid) => /^TracerPid:\s*[1-9]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  try {
    await waitUntil(async () => traced() || child.exitCode !== null, { goal: 'strace saw nothing', timeoutMs: 10_000 });
    if (!traced()) return undefined;
    await work();
  } finally {
    child.kill('SIGINT');
    await ended;
  }
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(isSync).length : undefined;
}

/** A call that another thread interrupts is written in two lines. */
function isSync(line: string): boolean {
  return /\bf(data)?sync\(/.test(line);
}
