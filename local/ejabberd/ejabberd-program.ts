import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import { requireProgram } from '../children/programs.ts';
import { StartError } from '../start-error.ts';

/** Where Debian's packages are unpacked, when they are not the system's; for an ejabberd beside the system's own. */
export const ROOT_SETTING = 'EARSHOT_EJABBERD_ROOT';

/** An ejabberd that can be run. */
export interface EjabberdProgram {
  /** Such as `24.12`. */
  version: string;
  /** The Erlang that runs it. */
  erl: string;
  /** Folders of its code, and of the libraries that come with it. */
  codePaths: string[];
}

/**
 * Finds ejabberd in `root`, default what {@link ROOT_SETTING} says, else the system's. Its own command is not used: it needs another user's
 * rights, a port and a cookie for orders from other processes, and a daemon (epmd) that stays when it ends. Throws `PROGRAM_MISSING`.
 */
export function findEjabberd(root = process.env[ROOT_SETTING] ?? ''): EjabberdProgram {
  const erl = requireProgram('erl', 'ejabberd');
  const found = subfolders(join(root, '/usr/lib'))
    .flatMap(subfolders)
    .find((folder) => /\/ejabberd-[\d.]+$/.test(folder));
  if (found === undefined) {
    const remedy = root === '' ? 'On Debian or Ubuntu: apt-get install ejabberd' : `${ROOT_SETTING} names that folder.`;
    throw new StartError('PROGRAM_MISSING', `There is no ejabberd in ${join(root, '/usr/lib')}. ${remedy}`);
  }
  const libraries = root === '' ? [] : subfolders(join(root, '/usr/lib/erlang/lib'));
  return {
    version: found.slice(found.lastIndexOf('-') + 1),
    erl,
    codePaths: [found, ...libraries].map((folder) => join(folder, 'ebin')),
  };
}

/** Of links to folders too; none where there is no such folder, or it may not be read. */
function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    return [];
  }
}
