import { readFileSync, rmSync, writeFileSync } from 'node:fs';

const UNKNOWN = '?';

/** Another process has the lock; `holder` is its id, where it can be told. */
export class LockTaken extends Error {
  readonly holder: number | undefined;

  constructor(holder: number | undefined) {
    super('Another process has the lock.');
    this.holder = holder;
  }
}

/**
 * Takes a file as the lock of one process at a time. Returns what lets it go. One that a killed process has left counts for nothing.
 * @throws LockTaken, and whatever the file system says
 */
export function takeLock(file: string): () => void {
  if (!claim(file)) {
    const holder = readHolder(file);
    if (holder !== undefined) throw new LockTaken(holder);
    rmSync(file, { recursive: true, force: true });
    if (!claim(file)) throw new LockTaken(undefined);
  }
  return () => rmSync(file, { force: true });
}

function claim(file: string): boolean {
  try {
    writeFileSync(file, `${process.pid} ${birthOf(process.pid)}\n`, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
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
