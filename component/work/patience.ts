import { elapsed } from '../../runtime/elapsed.ts';
import type { QueueName } from '../../runtime/queue/queue-table.ts';
import type { Wake } from '../../runtime/queue/queues.ts';
import type { Context } from '../context.ts';
import { type Requests, Unanswered } from '../stream/requests.ts';

/** Runs the work of queues so that an account that does not answer costs only its own subscriber anything (decision 120). */
export type Patience = {
  /** The same work, which gives its slot back when it waits for such an account; then its result is lost. */
  of<Result>(
    queue: QueueName,
    work: (id: string, wake?: Wake) => Promise<Result>,
  ): (id: string, wake?: Wake) => Promise<Result | undefined>;
  /** The stream is gone: whoever did not answer may do so on the next. */
  forget(): void;
  /** Waits for what has given its slot back and is still under way. */
  stop(): Promise<void>;
};

/** Milliseconds for which an account may keep a job waiting in a slot that others need. */
const PATIENCE = 1_000;
/** Jobs that wait outside of the slots. */
const MOST_ASIDE = 1_000;
/** Milliseconds for which an account that did not answer is left alone: the first time, and at most. */
const FIRST_REST = 30_000;
const LONGEST_REST = 300_000;
const MOST_SILENT = 10_000;

/**
 * For all queues of one component: an account that does not answer one of them is left alone by all. `stream`: knows how
 * long accounts have kept somebody waiting. `clock`: milliseconds that only go on.
 */
export function createPatience(
  { stores, queues, log, now }: Pick<Context, 'stores' | 'queues' | 'log' | 'now'>,
  stream: Pick<Requests, 'waiting'>,
  clock: () => number = elapsed,
): Patience {
  /** Who did not answer, the longest ago first. `rest`: for how long it is left alone, `until` by `clock`. */
  const silent = new Map<string, { until: number; rest: number }>();
  const aside = new Map<string, Promise<void>>();

  /**
   * Leaves the account alone for a while, and returns for how long. The pause doubles with each
   * failed try; jobs of several queues that waited side by side count as one try.
   */
  function leaveAlone(id: string): number {
    const before = silent.get(id);
    if (before && before.until > clock()) return before.until - clock();
    const rest = Math.min((before?.rest ?? FIRST_REST / 2) * 2, LONGEST_REST);
    silent.delete(id);
    silent.set(id, { until: clock() + rest, rest });
    for (const first of silent.keys()) if (silent.size > MOST_SILENT) silent.delete(first);
    return rest;
  }

  async function attempt<Result>(queue: QueueName, id: string, running: Promise<Result>): Promise<Result | undefined> {
    try {
      const result = await running;
      silent.delete(id);
      return result;
    } catch (err) {
      if (!(err instanceof Unanswered)) throw err;
      log.warn({ subject: id, queue }, 'the subscriber’s account on the XMPP server does not answer');
      await stores.due.postpone(queue, id, now() + Math.ceil(leaveAlone(id)));
      return undefined;
    }
  }

  /** Whether the job has come to wait for its subscriber's account; false once it is done. */
  async function hasToWait(id: string, running: Promise<unknown>): Promise<boolean> {
    const done = running.then(
      () => true,
      () => true,
    );
    while (!(await inTime(done))) if (await isKeptWaiting(id).catch(() => false)) return true;
    return false;
  }

  async function isKeptWaiting(id: string): Promise<boolean> {
    const [subscriber, former] = await Promise.all([stores.subscribers.record(id), stores.formerJids.list(id)]);
    const jids = [...(subscriber ? [subscriber.jid] : []), ...former.map(({ jid }) => jid)];
    return jids.some((jid) => stream.waiting(jid) >= PATIENCE);
  }

  /**
   * Lets the job go on without its slot. A job that is asked for meanwhile is enqueued when this
   * one has ended. If this one fails, its subscriber is still due, and the sweep enqueues it again.
   */
  function putAside(key: string, queue: QueueName, id: string, running: Promise<unknown>): void {
    const ending = running
      .then(() => {})
      .catch((err: unknown) => log.warn({ err, subject: id, queue }, 'job failed'))
      .finally(() => aside.delete(key));
    aside.set(key, ending);
  }

  return {
    of: (queue, work) => async (id, wake) => {
      const key = `${queue} ${id}`;
      const before = aside.get(key);
      if (before) {
        before.then(() => queues.enqueue(queue, [id])).catch(() => {});
        return undefined;
      }
      const rest = silent.get(id);
      const left = rest && rest.until - clock();
      const pause = left && (left > 0 ? left : aside.size >= MOST_ASIDE && FIRST_REST);
      if (pause) {
        await stores.due.postpone(queue, id, now() + Math.ceil(pause));
        return undefined;
      }
      const running = attempt(queue, id, work(id, wake));
      const waits = rest !== undefined || (await hasToWait(id, running));
      if (!waits || aside.size >= MOST_ASIDE) return running;
      putAside(key, queue, id, running);
      return undefined;
    },
    forget: () => silent.clear(),
    async stop() {
      await Promise.all(aside.values());
    },
  };
}

/** False when it takes longer than PATIENCE. A plain timer: each sleep that is broken off would cost an error with its stack. */
async function inTime(done: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PATIENCE, false);
  });
  return Promise.race([done, late]).finally(() => clearTimeout(timer));
}
