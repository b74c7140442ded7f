import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';

/** `bytes`: the heap and what it keeps outside of itself; `waiting`: for what the process would not end: `Timeout`, `TCPSocketWrap` … */
export type Held = { bytes: number; waiting: readonly string[] };

/** Asks processes what they hold once their garbage is gone: how much a busy heap has not yet given back says nothing. */
export type HeldMemory = {
  /** What the processes are to be started with. */
  env: Record<string, string>;
  /** Bytes. 0 for a process that is gone. */
  of(pid: number): Promise<number>;
  /** Undefined for a process that is gone. `snapshot`: the file into which its whole heap is to be written, for the developer tools of a browser. */
  all(pid: number, snapshot?: string): Promise<Held | undefined>;
  stop(): Promise<void>;
};

export async function heldMemory(): Promise<HeldMemory> {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-held-'));

  async function all(pid: number, snapshot?: string): Promise<Held | undefined> {
    const file = join(folder, `${pid}`);
    await rm(file, { force: true });
    if (snapshot !== undefined) await writeFile(`${file}.heapsnapshot`, '');
    try {
      process.kill(pid, 'SIGUSR2');
    } catch {
      return undefined;
    }
    const held = await eventually(async () => JSON.parse(await readFile(file, 'utf8')) as Held);
    if (snapshot !== undefined) await rename(`${file}.heapsnapshot`, snapshot);
    return held;
  }

  return {
    env: { NODE_OPTIONS: `--import=${new URL('held-memory.mjs', import.meta.url)}`, HELD_MEMORY_DIR: folder },
    of: async (pid) => (await all(pid))?.bytes ?? 0,
    all,
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}
