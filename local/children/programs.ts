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

/** A parent that died before the signal was set is not noticed by the kernel: then another process is the parent by now. */
const UNLESS_ORPHAN = 'parent=$1; shift; [ "$PPID" = "$parent" ] && exec "$@"';

/**
 * Wraps a command so that Linux sends it `signal` when this process, which is to start it, dies, however it dies. Nothing
 * that the launcher does itself can survive its own SIGKILL. Elsewhere (no util-linux) the command stays as it is.
 */
export function endWithParent(command: Command, signal: 'TERM' | 'KILL'): Command {
  const { program, args } = command;
  const checked = { program: '/bin/sh', args: ['-c', UNLESS_ORPHAN, 'sh', `${process.pid}`, program, ...args] };
  return withDeathSignal(checked, signal) ?? command;
}

/** The same for a command that any other process starts; undefined where that cannot be had. */
export function withDeathSignal(command: Command, signal: 'TERM' | 'KILL'): Command | undefined {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : undefined;
  if (setpriv === undefined || !knowsDeathSignal(setpriv)) return undefined;
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
