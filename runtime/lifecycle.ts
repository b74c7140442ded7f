import { elapsed } from './elapsed.ts';
import type { Log } from './log.ts';

/** Something that was started and can be stopped, within `stop`'s own time. */
export type Running = { stop(): Promise<void> };

/** Milliseconds that a process gives its work to end before it leaves anyway; everything is done again by the next one. */
const PATIENCE = 8_000;

/**
 * Starts a process, and ends it at SIGTERM, Ctrl-C, or when the launcher that forked it is gone.
 * `drain`: milliseconds that it goes on working before it begins to end.
 */
export async function runProcess(log: Log, start: () => Promise<Running>, drain = 0): Promise<void> {
  process.on('unhandledRejection', (err) => log.error({ err }, 'unhandled rejection'));
  const stopped = new Promise<string>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
    process.once('disconnect', () => resolve('launcher gone'));
  });
  const starting = start().catch((err: unknown) => {
    log.fatal({ err }, 'cannot start');
    process.exit(1);
  });
  // A start can wait for Redis for ever, and must not outlive a signal.
  const running = await Promise.race([starting, stopped]);
  if (typeof running === 'string') process.exit(0);
  log.info('started');
  const reason = await stopped;
  log.info({ reason }, 'stopping');
  setTimeout(() => process.exit(1), drain + PATIENCE).unref();
  await running.stop();
  process.exit(0);
}

/** `soon`: now, or as soon as the task that is under way has ended. */
export type Repeated = Running & { soon(): void };

/** Milliseconds after which it is said again that a task fails: some are tried four times a second, for as long as Redis refuses. */
const SAID_AGAIN = 60_000;

/**
 * Calls `task` every `interval` milliseconds, never twice at a time, until stopped. After a failure the next turn comes; it is logged, and then
 * once a minute until a turn succeeds. `clock`: milliseconds that only go on.
 */
export function every(interval: number, log: Log, task: () => Promise<void>, clock: () => number = elapsed): Repeated {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let busy = false;
  let again = false;
  let saidAt: number | undefined;
  let turn = run();

  async function run(): Promise<void> {
    busy = true;
    do {
      again = false;
      await task().then(() => {
        saidAt = undefined;
      }, failed);
    } while (again && !stopped);
    busy = false;
    if (!stopped) timer = setTimeout(begin, interval);
  }

  function failed(err: unknown): void {
    if (saidAt !== undefined && clock() - saidAt < SAID_AGAIN) return;
    saidAt = clock();
    log.warn({ err }, 'repeated task');
  }

  function begin(): void {
    turn = run();
  }

  return {
    soon() {
      again = true;
      if (busy || stopped) return;
      clearTimeout(timer);
      begin();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await turn;
    },
  };
}

/** Calls `task` when it is asked to, at once where the last time is `gap` milliseconds ago, or else when it is, once for all who have asked meanwhile. */
export function atMostEvery(gap: number, task: () => void): { soon(): void; stop(): void } {
  let last = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  function run(): void {
    timer = undefined;
    last = performance.now();
    task();
  }

  return {
    soon() {
      timer ??= setTimeout(run, Math.max(last + gap - performance.now(), 0));
    },
    stop: () => clearTimeout(timer),
  };
}

/** The configuration, or a plain message and exit code 1: an operator's typing slip is no reason for a stack trace. */
export function configOrExit<T>(read: () => T): T {
  try {
    return read();
  } catch (err) {
    process.stderr.write(`${err instanceof Error ? err.message : String(err)}\n`);
    process.exit(1);
  }
}
