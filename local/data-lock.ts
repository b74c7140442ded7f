import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { StartError } from './start-error.ts';

const UNKNOWN = '?';

/**
 * Makes sure that one launcher at a time uses a data folder. Returns what lets it go. A lock that a killed launcher left counts for nothing.
 * Throws `ALREADY_RUNNING` or `DATA_DIR`.
 */
export function lockDataDir(dataDir: string): () => void {
  const file = join(dataDir, 'launcher.pid');
  if (!claim(file)) {
    const holder = readHolder(file);
    if (holder !== undefined) {
      const remedy = 'Stop it first, or give this one a folder of its own with EARSHOT_DATA_DIR.';
      throw new StartError('ALREADY_RUNNING', `Earshot already runs on ${dataDir} (process ${holder}). ${remedy}`);
    }
    rmSync(file, { recursive: true, force: true });
    if (!claim(file)) throw new StartError('ALREADY_RUNNING', `Another Earshot has just started on ${dataDir}.`);
  }
  return () => rmSync(file, { force: true });
}

function claim(file: string): boolean {
  try {
    writeFileSync(file, `${process.pid} ${birthOf(process.pid)}\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    throw new StartError('DATA_DIR', `The data folder cannot be written: ${message}`, error);
  }
}

/** The process that holds the lock, if it still lives. */
function readHolder(file: string): number | undefined {
  try {
    const [pid = '', birth = ''] = readFileSync(file, 'utf8').trim().split(' ');
    return birth !== UNKNOWN && birthOf(Number(pid)) === birth ? Number(pid) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * When a process started, in clock ticks since boot. Its id alone does not name it: after a reboot,
 * or when the ids begin again, another process may have the same one.
 */
function birthOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const afterName = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return afterName[19] ?? UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}
