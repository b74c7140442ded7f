import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';

/** Asks processes what they hold once their garbage is gone: how much a busy heap has not yet given back says nothing. */
export type HeldMemory = {
  /** What the processes are to be started with. */
  env: Record<string, string>;
  /** Bytes: the heap and what it keeps outside of itself. 0 for a process that is gone. */
  of(pid: number): Promise<number>;
  stop(): Promise<void>;
};

export async function heldMemory(): Promise<HeldMemory> {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-held-'));
  return {
    env: { NODE_OPTIONS: `--import=${new URL('held-memory.mjs', import.meta.url)}`, HELD_MEMORY_DIR: folder },
    async of(pid) {
      const file = join(folder, `${pid}`);
      await rm(file, { force: true });
      try {
        process.kill(pid, 'SIGUSR2');
      } catch {
        return 0;
      }
      return eventually(async () => Number(await readFile(file, 'utf8')));
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  };
}
