import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where servers and systems stay that were fetched once: below `$XDG_CACHE_HOME`, else `~/.cache`, so that a fresh checkout finds them. */
export function cacheFolder(): string {
  const folder = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'earshot', 'servers');
  mkdirSync(folder, { recursive: true });
  return folder;
}
