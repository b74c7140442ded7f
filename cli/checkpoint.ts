import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { UsageError } from './usage-error.ts';

export type Checkpoint = {
  /** Rows that an earlier run has done. */
  done: number;
  reach(row: number): Promise<void>;
  finish(): Promise<void>;
};

/** How far the import of this very file came, kept beside it in `FILE.progress`. A file that changed since begins anew. @throws UsageError */
export async function openCheckpoint(file: string): Promise<Checkpoint> {
  const path = `${file}.progress`;
  const { size, mtimeMs } = await stat(file).catch((err: Error) => {
    throw new UsageError(`${file} cannot be read: ${err.message}`);
  });
  const same = { size, mtimeMs };

  async function write(row: number): Promise<void> {
    await writeFile(`${path}.new`, JSON.stringify({ ...same, row }));
    await rename(`${path}.new`, path);
  }

  return { done: await readDone(path, same), reach: write, finish: () => rm(path, { force: true }) };
}

async function readDone(path: string, same: { size: number; mtimeMs: number }): Promise<number> {
  try {
    const kept = JSON.parse(await readFile(path, 'utf8')) as { size: number; mtimeMs: number; row: number };
    return kept.size === same.size && kept.mtimeMs === same.mtimeMs ? kept.row : 0;
  } catch {
    return 0;
  }
}
