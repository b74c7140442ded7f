import { join } from 'node:path';
import { LockTaken, takeLock } from './pid-lock.ts';
import { StartError } from './start-error.ts';

/** Makes sure that one launcher at a time uses a data folder. Returns what lets it go. Throws `ALREADY_RUNNING` or `DATA_DIR`. */
export function lockDataDir(dataDir: string): () => void {
  try {
    return takeLock(join(dataDir, 'launcher.pid'));
  } catch (error) {
    if (!(error instanceof LockTaken))
      throw new StartError('DATA_DIR', `The data folder cannot be written: ${(error as Error).message}`, error);
    const { holder } = error;
    if (holder === undefined)
      throw new StartError('ALREADY_RUNNING', `Another Earshot has just started on ${dataDir}.`);
    const remedy = 'Stop it first, or give this one a folder of its own with EARSHOT_DATA_DIR.';
    throw new StartError('ALREADY_RUNNING', `Earshot already runs on ${dataDir} (process ${holder}). ${remedy}`);
  }
}
