import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { StartError } from '../start-error.ts';
import { allow } from './held-up.ts';
import { beginLog, lastLines } from './log-tail.ts';
import { type Command, endWithParent } from './programs.ts';

/** How to run a child process. */
export interface ChildOptions extends Command {
  /** What messages call it. */
  name: string;
  env: NodeJS.ProcessEnv;
  /** Takes the child's standard output and error, appended. */
  logFile: string;
  cwd?: string;
  /** What the child gets when this process dies without stopping it. */
  deathSignal: 'TERM' | 'KILL';
  /** Milliseconds that {@link Child.stop} waits after SIGTERM before it sends SIGKILL, beside those that the child waits for a processor. */
  graceMs?: number;
}

/** How a child process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A running child process. */
export interface Child {
  name: string;
  pid: number;
  /** Settles when the process is gone. */
  exited: Promise<Exit>;
  /** How it ended, undefined while it runs. */
  exit(): Exit | undefined;
  /** SIGTERM, then SIGKILL when the grace is over; waits for the end. Does nothing to a process that is gone. */
  stop(graceMs?: number): Promise<void>;
  /** SIGKILL; waits for the end. */
  kill(): Promise<void>;
  /** The last log lines of this run. */
  logTail(count?: number): string[];
}

/** Starts a child process in a session of its own, so that a Ctrl-C on the terminal reaches only its launcher, which ends it in order. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const logStart = beginLog(options.logFile);
  const child = spawnLogged(options);
  let ended: Exit | undefined;
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = { code, signal };
      resolve(ended);
    });
  });
  await spawned(child, options.name);
  return {
    name: options.name,
    pid: child.pid as number,
    exited,
    exit: () => ended,
    stop: (graceMs = options.graceMs ?? 5_000) => stopGently(child, exited, graceMs),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    logTail: (count) => lastLines(options.logFile, logStart, count),
  };
}

function spawnLogged(options: ChildOptions): ChildProcess {
  const command = endWithParent(options, options.deathSignal);
  const log = openSync(options.logFile, 'a', 0o600);
  try {
    return spawn(command.program, command.args, {
      env: options.env,
      stdio: ['ignore', log, log],
      detached: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
  } finally {
    closeSync(log);
  }
}

async function spawned(child: ChildProcess, name: string): Promise<void> {
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw new StartError('DIED', `${name} could not be started: ${(error as Error).message}`, error);
  }
}

async function stopGently(child: ChildProcess, exited: Promise<Exit>, graceMs: number): Promise<void> {
  const allowed = allow(graceMs, child.pid === undefined ? [] : [child.pid]);
  child.kill('SIGTERM');
  let timer = setTimeout(look, graceMs);
  function look(): void {
    const left = allowed.left();
    if (left > 0) timer = setTimeout(look, left);
    else child.kill('SIGKILL');
  }
  await exited;
  clearTimeout(timer);
}
