import { setTimeout as delay } from 'node:timers/promises';
import { StartError } from '../start-error.ts';
import type { Child, Exit } from './child.ts';
import { allow } from './held-up.ts';

/** What to wait for, and how long. */
export interface WaitOptions {
  /** Completes "… did not …" in the error. */
  goal: string;
  /** Not counted: what this process and the children spend waiting for a processor. */
  timeoutMs: number;
  everyMs?: number;
  /** Gives up at once, with its last log lines, when one of these processes ends. */
  children?: Child[];
  signal?: AbortSignal | undefined;
}

/** Asks `check` again and again until it is true. Throws `TIMEOUT`, or `DIED` when a process ends meanwhile. */
export async function waitUntil(check: () => Promise<boolean>, options: WaitOptions): Promise<void> {
  const children = options.children ?? [];
  const allowed = allow(options.timeoutMs, [process.pid, ...children.map(({ pid }) => pid)]);
  for (;;) {
    options.signal?.throwIfAborted();
    const dead = children.find((child) => child.exit() !== undefined);
    if (dead !== undefined) throw diedError(dead, dead.exit() as Exit);
    if (await check()) return;
    if (allowed.left() < 0) throw new StartError('TIMEOUT', timeoutMessage(options));
    await delay(options.everyMs ?? 25);
  }
}

/** The error for a process that ended although it should run. */
function diedError(child: Child, exit: Exit): StartError {
  const how = exit.signal === null ? `exit code ${exit.code}` : exit.signal;
  return new StartError('DIED', withLog(`${child.name} ended by itself (${how}).`, child));
}

/** A message followed by the last log lines of a process. */
export function withLog(message: string, child: Child): string {
  const lines = child.logTail();
  return lines.length === 0 ? message : `${message} The last lines of its log:\n  ${lines.join('\n  ')}`;
}

function timeoutMessage(options: WaitOptions): string {
  const message = `${options.goal} within ${Math.round(options.timeoutMs / 1000)} s.`;
  return (options.children ?? []).reduce(withLog, message);
}
