import { accessSync, constants, mkdirSync, readFileSync, readlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { allow } from './children/held-up.ts';
import { StartError } from './start-error.ts';

/** Beside those for which it waits for a processor. */
const FORMER_SERVER_PATIENCE_MS = 3_000;

/** Makes a folder that only its owner may enter, and returns its absolute path. Throws `DATA_DIR` when it cannot be made or written. */
export function privateFolder(path: string): string {
  const folder = resolve(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new StartError('DATA_DIR', `The folder ${folder} cannot be made or written (${reason}).`, error);
  }
}

/**
 * Waits until no server from an earlier run works in `folder` any more: after a launcher was killed, its servers need a moment to end, and
 * two servers on the same files would destroy them. Throws `ALREADY_RUNNING` when one stays.
 */
export async function waitForFormerServer(name: string, folder: string, pidFile: string): Promise<void> {
  const former = serverIn(folder, pidFile);
  const allowed = allow(FORMER_SERVER_PATIENCE_MS, former === undefined ? [] : [former]);
  for (;;) {
    const pid = serverIn(folder, pidFile);
    if (pid === undefined) return;
    if (allowed.left() < 0) {
      throw new StartError(
        'ALREADY_RUNNING',
        `${name} (process ${pid}) still works in ${folder}: stop it first, with kill ${pid}.`,
      );
    }
    await delay(50);
  }
}

/** The process named in the pid file, if it lives and works in this folder: a pid alone may belong to somebody else by now. */
function serverIn(folder: string, pidFile: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(pidFile, 'utf8'), 10);
    return readlinkSync(`/proc/${pid}/cwd`) === folder ? pid : undefined;
  } catch {
    return undefined;
  }
}
