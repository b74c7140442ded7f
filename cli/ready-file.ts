import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a running `npm start` says of itself. `settings`: what its processes are told. */
export type Ready = { gatewayUrl: string; operatorKey: string; settings: Record<string, string> };

/** Ends a sentence where `readReady` finds none. */
export const NO_NPM_START =
  'no npm start runs in this folder: set EARSHOT_DATA_DIR as for npm start, where its data are not in data';

/** The `ready.json` in EARSHOT_DATA_DIR or ./data; undefined where no `npm start` runs. */
export function readReady(env: NodeJS.ProcessEnv): Ready | undefined {
  try {
    return JSON.parse(readFileSync(join(env.EARSHOT_DATA_DIR || 'data', 'ready.json'), 'utf8')) as Ready;
  } catch {
    return undefined;
  }
}
