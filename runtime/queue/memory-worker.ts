import { setTimeout as sleep } from 'node:timers/promises';
import type { Cause } from '../cause.ts';
import { every, type Repeated } from '../lifecycle.ts';
import type { Log } from '../log.ts';
import { type MemoryQueue, QUEUES } from './queue-table.ts';
import type { Wake, WokenWork } from './queues.ts';

/** Runs a queue's jobs while it is open. */
export type MemoryWorker = {
  /** Takes jobs from now on; nothing where it is closed. */
  open(): void;
  /** Takes no more. What is under way goes on, and nobody waits for it. */
  shut(): void;
  /** Waits for what is under way. */
  close(): Promise<void>;
};

/** Where a worker hears who has to be looked at. */
export type Asked = {
  /** Calls `wake` for each subscriber from now on, with what came along and for which request, and whether it goes before others (`first`); and `gap` when something may have been missed. */
  listen(wake: (id: string, brought?: string, cause?: Cause, first?: boolean) => void, gap: () => void): Promise<void>;
  /** Who may have been asked for and is not done, those of `overdue` among them. */
  underWay(): Promise<string[]>;
  /** Who is due now, and was not heard, about `most` of them; each is named once in ten seconds. */
  overdue(most: number): Promise<string[]>;
};

/**
 * What came along, and for which request; of one that is under way whether it was asked for again meanwhile, for which request, and
 * whether it then goes before others.
 */
type Job = {
  brought: string | undefined;
  cause: Cause | undefined;
  again: boolean;
  next: Cause | undefined;
  first: boolean;
  ended: Promise<void>;
};

/** Milliseconds between two looks for who is overdue: a tune that ran out is cleared within this time. */
const SWEEP_INTERVAL = 1_000;
/** Milliseconds before the first retry; each later one waits twice as long, a random half less. */
const FIRST_PAUSE = 250;
/** Retries are for short troubles; what is still due afterwards is found by the sweep. */
const MOST_TRIES = 6;
/** Milliseconds until it is tried again to hear who is asked for. */
const AGAIN = 1_000;
/** Milliseconds for which Node's timers wait at most: with more they would not wait at all. Who is woken so early looks once more. */
const LONGEST_TIMER = 2 ** 31 - 1;
/** Subscribers who wait for their turn. Others are left to a later sweep. */
const MOST_WAITING = 100_000;
/** Of so many jobs that begin, one is of those who do not go before others, so that these go on. */
const OTHERS_TURN = 8;
/** Those who wait at most before a sweep adds to them: as many as are done in a few seconds. */
const MOST_SWEPT = 4_000;

/**
 * Runs the jobs of a queue that are kept in memory, while it is open: one at a time for each subscriber, as many side by
 * side as the table of queues says, the longest waiting first, but those who go before others. What is asked for while its job runs runs once afterwards;
 * what waits for a later time is brought forward by whoever asks. What came along with a wake is the job's for as long as nobody
 * asks again, and nothing may have been missed; the request that asked last is told to the job, also when it is put off or tried again. `failed` is called for each try that failed. Nothing is lost with the process, as all of it is due; and
 * who is overdue it finds itself, so nothing has to be heard for that.
 */
export function createMemoryWorker(
  name: MemoryQueue,
  log: Log,
  { listen, underWay, overdue }: Asked,
  work: WokenWork,
  failed: () => void = () => {},
): MemoryWorker {
  type Asking = Pick<Job, 'brought' | 'cause'>;
  const [before, others] = [new Map<string, Asking>(), new Map<string, Asking>()];
  let begun = 0;
  const running = new Map<string, Job>();
  const later = new Map<string, { timer: NodeJS.Timeout; cause: Cause | undefined }>();
  const failures = new Map<string, number>();
  let isOpen = false;
  let closed = false;
  let hearing: Promise<void> | undefined;
  let sweeping: Repeated | undefined;
  /** Some may have been asked for whom nobody heard. */
  let missed = true;

  const waitingCount = () => before.size + others.size;

  function wake(id: string, brought?: string, cause?: Cause, first = false): void {
    if (!isOpen) return;
    const job = running.get(id);
    if (job) {
      job.again = true;
      job.brought = undefined;
      job.next = cause ?? job.next;
      job.first ||= first;
      return;
    }
    const waits = before.get(id) ?? others.get(id);
    if (!waits && waitingCount() >= MOST_WAITING) return;
    const put = later.get(id);
    clearTimeout(put?.timer);
    later.delete(id);
    // Who was asked for without, or whose job was put off or failed, may have been so because of what is newer: messages of two nodes of a
    // cluster keep no order.
    const isOlder = waits ? waits.brought === undefined : put !== undefined;
    const asking = { brought: isOlder ? undefined : brought, cause: cause ?? (waits ?? put)?.cause };
    if (first) others.delete(id);
    (first || before.has(id) ? before : others).set(id, asking);
    runNext();
  }

  function runNext(): void {
    while (running.size < QUEUES[name].concurrency && waitingCount() > 0) {
      begun += 1;
      const lane = others.size === 0 || (before.size > 0 && begun % OTHERS_TURN > 0) ? before : others;
      const [[id, asked]] = lane as unknown as [[string, Asking]];
      lane.delete(id);
      const job: Job = { ...asked, again: false, next: undefined, first: false, ended: Promise.resolve() };
      running.set(id, job);
      job.ended = look(id, job).then((time) => end(id, job, time));
    }
  }

  /** When to look again; undefined when it is done, or left to the sweep. */
  async function look(id: string, wake: Wake): Promise<number | undefined> {
    try {
      const time = await work(id, wake);
      failures.delete(id);
      return time;
    } catch (err) {
      const attempt = (failures.get(id) ?? 0) + 1;
      log.warn({ err, queue: name, subject: id, attempt }, 'job failed');
      failed();
      if (attempt < MOST_TRIES) failures.set(id, attempt);
      else failures.delete(id);
      return attempt < MOST_TRIES ? Date.now() + FIRST_PAUSE * 2 ** (attempt - 1) * (1 - Math.random() / 2) : undefined;
    }
  }

  function end(id: string, { again, cause, next, first }: Job, time: number | undefined): void {
    running.delete(id);
    if (!isOpen) return;
    const undone = time === undefined ? undefined : cause;
    if (again) wake(id, undefined, next ?? undone, first);
    else if (time !== undefined) {
      const pause = Math.min(Math.max(time - Date.now(), 0), LONGEST_TIMER);
      later.set(id, { timer: setTimeout(() => wake(id), pause), cause });
    }
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
    // Somebody may have asked again.
    for (const job of running.values()) job.brought = undefined;
    for (const asked of [...before.values(), ...others.values()]) asked.brought = undefined;
    sweeping?.soon();
  }

  async function sweep(): Promise<void> {
    const all = missed;
    missed = false;
    const room = MOST_SWEPT - waitingCount();
    try {
      const ids = room > 0 ? await overdue(room) : [];
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
    for (const { timer } of later.values()) clearTimeout(timer);
    for (const one of [before, others, later, failures]) one.clear();
  }

  return {
    open() {
      if (closed) return;
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
