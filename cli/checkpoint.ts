import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { UsageError } from './usage-error.ts';

/** How far an import has come, so that a run that broke off goes on there. `reach`: notes that so many rows are done; `finish`: that all are. */
export type Checkpoint = {
  /** Rows that an earlier run has done. */
  done: number;
  /** The Idempotency-Key of this import, also of the runs that go on with it: so the passwords of rows whose report was lost are told again. */
  key: string;
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

  const { row: done, key } = (await readKept(path, same)) ?? { row: 0, key: randomUUID() };

  async function write(row: number): Promise<void> {
    await writeFile(`${path}.new`, JSON.stringify({ ...same, row, key }), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  await write(done);
  return { done, key, reach: write, finish: () => rm(path, { force: true }) };
}

type Kept = { row: number; key: string };

async function readKept(path: string, same: { size: number; mtimeMs: number }): Promise<Kept | undefined> {
  try {
    const kept = JSON.parse(await readFile(path, 'utf8')) as Kept & typeof same;
    const whole = typeof kept.row === 'number' && typeof kept.key === 'string';
    return whole && kept.size === same.size && kept.mtimeMs === same.mtimeMs ? kept : undefined;
  } catch {
    return undefined;
  }
}
