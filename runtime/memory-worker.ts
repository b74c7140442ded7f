import { setTimeout as sleep } from 'node:timers/promises';
import { every, type Repeated } from './lifecycle.ts';
import type { Log } from './log.ts';
import { type MemoryQueue, QUEUES } from './queue-table.ts';
import type { QueueWorker } from './queue-worker.ts';

/** Looks at one subscriber. Returns when to do so again if it was too early, in milliseconds since the epoch. */
export type MemoryWork = (id: string) => Promise<number | undefined>;

/** Where a worker hears who has to be looked at. */
export type Asked = {
  /** Calls `wake` for each subscriber from now on, and `gap` when something may have been missed. */
  listen(wake: (id: string) => void, gap: () => void): Promise<void>;
  /** Who may have been asked for and is not done, those of `overdue` among them. */
  underWay(): Promise<string[]>;
  /** Who is due now, and was not heard; each is named once in ten seconds. */
  overdue(): Promise<string[]>;
};

/** Milliseconds between two looks for who is overdue: a tune that ran out is cleared within this time. */
const SWEEP_INTERVAL = 1_000;
/** Milliseconds before the first retry; each later one waits twice as long, a random half less. */
const FIRST_PAUSE = 250;
/** Retries are for short troubles; what is still due afterwards is found by the sweep. */
const MOST_TRIES = 6;
/** Milliseconds until it is tried again to hear who is asked for. */
const AGAIN = 1_000;
/** Subscribers who wait for their turn. Others are left to a later sweep. */
const MOST_WAITING = 100_000;

/**
 * Runs the jobs of a queue that are kept in memory, while it is open: one at a time for each subscriber, as many side by
 * side as the table of queues says, the longest waiting first. What is asked for while its job runs runs once afterwards;
 * what waits for a later time is brought forward by whoever asks. Nothing is lost with the process, as all of it is due; and
 * who is overdue it finds itself, so nothing has to be heard for that.
 */
export function createMemoryWorker(
  name: MemoryQueue,
  log: Log,
  { listen, underWay, overdue }: Asked,
  work: MemoryWork,
): QueueWorker {
  const waiting = new Set<string>();
  /** Under way, and whether it was asked for again meanwhile. */
  const running = new Map<string, { again: boolean; ended: Promise<void> }>();
  const later = new Map<string, NodeJS.Timeout>();
  const failures = new Map<string, number>();
  let isOpen = false;
  let closed = false;
  let hearing: Promise<void> | undefined;
  let sweeping: Repeated | undefined;
  /** Some may have been asked for whom nobody heard. */
  let missed = true;

  function wake(id: string): void {
    if (!isOpen) return;
    const job = running.get(id);
    if (job) job.again = true;
    else if (waiting.size < MOST_WAITING) {
      clearTimeout(later.get(id));
      later.delete(id);
      waiting.add(id);
      runNext();
    }
  }

  function runNext(): void {
    for (const id of waiting) {
      if (running.size >= QUEUES[name].concurrency) return;
      waiting.delete(id);
      const job = { again: false, ended: Promise.resolve() };
      running.set(id, job);
      job.ended = look(id).then((time) => end(id, job.again, time));
    }
  }

  /** When to look again; undefined when it is done, or left to the sweep. */
  async function look(id: string): Promise<number | undefined> {
    try {
      const time = await work(id);
      failures.delete(id);
      return time;
    } catch (err) {
      const attempt = (failures.get(id) ?? 0) + 1;
      log.warn({ err, queue: name, subject: id, attempt }, 'job failed');
      if (attempt < MOST_TRIES) failures.set(id, attempt);
      else failures.delete(id);
      return attempt < MOST_TRIES ? Date.now() + FIRST_PAUSE * 2 ** (attempt - 1) * (1 - Math.random() / 2) : undefined;
    }
  }

  function end(id: string, again: boolean, time: number | undefined): void {
    running.delete(id);
    if (!isOpen) return;
    if (again) wake(id);
    else if (time !== undefined)
      later.set(
        id,
        setTimeout(() => wake(id), Math.max(time - Date.now(), 0)),
      );
    runNext();
  }

  async function hear(): Promise<void> {
    while (!closed) {
      try {
        await listen(wake, gap);
        return gap();
      } catch (err) {
        log.warn({ err, queue: name }, 'nobody is heard who asks for a job');
        await sleep(AGAIN);
      }
    }
  }

  function gap(): void {
    missed = true;
    sweeping?.soon();
  }

  async function sweep(): Promise<void> {
    const all = missed;
    missed = false;
    try {
      const ids = await overdue();
      for (const id of all ? await underWay() : ids) wake(id);
    } catch (err) {
      missed ||= all;
      throw err;
    }
  }

  function sweepOn(): void {
    if (isOpen) sweeping ??= every(SWEEP_INTERVAL, log, sweep);
  }

  function shut(): void {
    isOpen = false;
    void sweeping?.stop();
    sweeping = undefined;
    for (const timer of later.values()) clearTimeout(timer);
    for (const one of [waiting, later, failures]) one.clear();
  }

  return {
    open() {
      isOpen = true;
      missed = true;
      hearing ??= hear();
      // Who asks from then on is heard; but nobody waits for a connection that says nothing.
      void Promise.race([hearing, sleep(SWEEP_INTERVAL)]).then(sweepOn);
    },
    shut,
    async close() {
      closed = true;
      const swept = sweeping?.stop();
      shut();
      await Promise.all([swept, ...[...running.values()].map(({ ended }) => ended)]);
    },
  };
}
