import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import { StartError } from '../start-error.ts';

/** Finds a program on the PATH, or in the folders where Debian keeps system programs. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin', '/usr/local/bin'];
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** Finds a program or throws `PROGRAM_MISSING`, naming the Debian package that holds it. */
export function requireProgram(name: string, debianPackage: string): string {
  const found = findProgram(name);
  if (found !== undefined) return found;
  throw new StartError(
    'PROGRAM_MISSING',
    `${name} is not installed. On Debian or Ubuntu: apt-get install ${debianPackage}`,
  );
}

/** A program with its arguments. */
export interface Command {
  program: string;
  args: string[];
}

/**
 * Wraps a command so that Linux sends it `signal` when the process that started it dies, however it dies. Nothing that the launcher does
 * itself can survive its own SIGKILL. Elsewhere (no util-linux) the command stays as it is.
 */
export function endWithParent(command: Command, signal: 'TERM' | 'KILL'): Command {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  if (setpriv === undefined || !knowsDeathSignal(setpriv)) return command;
  return { program: setpriv, args: ['--pdeathsig', signal, '--', command.program, ...command.args] };
}

/** BusyBox has a setpriv too, without this option. */
function knowsDeathSignal(setpriv: string): boolean {
  return spawnSync(setpriv, ['--pdeathsig', 'TERM', '--', 'true'], { stdio: 'ignore' }).status === 0;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
