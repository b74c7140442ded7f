import { spawnSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';

/** Whether what this process mounts is seen by nobody else, and goes with it, however it ends. */
export function hasOwnMounts(): boolean {
  return mountsOf(process.pid) !== mountsOf(process.ppid);
}

/** Runs this program again where it has mounts of its own, and ends with it; returns where it may not have them. */
export function beginWithOwnMounts(): void {
  if (hasOwnMounts() || spawnSync('unshare', ['--mount', 'true']).status !== 0) return;
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  process.exit(spawnSync('unshare', ['--mount', ...again], { stdio: 'inherit' }).status ?? 1);
}

function mountsOf(pid: number): string {
  return readlinkSync(`/proc/${pid}/ns/mnt`);
}
