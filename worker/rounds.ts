import { setTimeout as sleep } from 'node:timers/promises';
import { inBatches } from '../runtime/batches.ts';
import { queueOf, wake } from '../store/due/makes-due.ts';
import type { Subscriber } from '../store/subscriber/subscriber-record.ts';
import type { Context } from './context.ts';
import { enterMany, isOutdated } from './identity.ts';
import { whoIsWrong } from './right.ts';

/** While so many reconcile jobs wait, a round adds none, so that jobs that come of what people do wait for no more than these. */
const CROWD = 100;
/** Subscribers who are looked at together, and at how many one worker looks in a second at most: Redis serves whoever plays something meanwhile. */
const LOOKED_AT = 256;
const LOOKED_AT_A_SECOND = 5_000;
/** The same of those who are entered under other keys, which is some writes for each. */
const ENTERED = 128;
const ENTERED_A_SECOND = 4_000;
/** Ids of those who wait for room. */
const MOST_LEFT = 5_000;
/** Milliseconds between two looks whether there is room, and after which a round goes on another time. */
const PAUSE = 20;
const PATIENCE = 5_000;

/**
 * Goes on with the round that the operator has asked for, page by page: subscribers of whom something
 * is not as it should be (`whoIsWrong`) are marked, and get a reconcile job as soon as there is room.
 * Several workers look at different pages; a page that is looked at twice does no harm.
 */
export async function goOn(context: Context): Promise<void> {
  const { stores, queues, now } = context;
  while ((await stores.reconciliation.isOpen()) && (await hasRoom(context))) {
    const taken = await stores.reconciliation.take(now());
    if (!taken) return;
    const ids = await stores.roll.page(taken.page);
    const decided = { ...context, policy: taken.policy ?? context.policy };
    let count = 0;
    for (const some of inBatches(ids, LOOKED_AT))
      await atMost(LOOKED_AT_A_SECOND, some.length, async () => {
        const records = await stores.subscribers.records(some);
        const active = records.flatMap((record) => (record?.state === 'active' ? [record] : []));
        await lookAgain(await whoIsWrong(decided, active));
        count += active.length;
      });
    await stores.reconciliation.reach(taken, count);
  }

  async function lookAgain(wrong: readonly Subscriber[]): Promise<void> {
    for (const some of inBatches(wrong, CROWD)) {
      // Marked in any case, and found by the sweep: the page is through then.
      await stores.reconciliation.mark(some, now());
      if (await hasRoom(context))
        await wake(
          queues,
          'recheck',
          some.map(({ id }) => id),
        );
    }
  }
}

/** Does what is to be done for so many, in no less time than they may take. */
async function atMost(aSecond: number, count: number, work: () => Promise<void>): Promise<void> {
  const start = performance.now();
  await work();
  await sleep(Math.max(0, (1_000 * count) / aSecond - (performance.now() - start)));
}

/** False where none came for a while. */
async function hasRoom({ queues }: Context): Promise<boolean> {
  for (let waited = 0; waited < PATIENCE; waited += PAUSE) {
    if ((await queues.waiting(queueOf('recheck'))) < CROWD) return true;
    await sleep(PAUSE);
  }
  return false;
}

/**
 * Looks, once after this worker has started, for subscribers who are in the directory under keys other than the operator's
 * present ones: they are entered at once, many together, and for whom that is not all the reconcile jobs are asked for beside it,
 * as there is room. Subscribers who are added later, by a gateway that knows only the old key, have such a job anyway.
 */
export function createKeyRound(context: Context): () => Promise<void> {
  const { stores, log } = context;
  let pages: number[] | undefined;
  let found = 0;

  return async () => {
    pages ??= inSomeOrder(await stores.roll.pages());
    if (pages.length === 0) return;
    const asking = createAsking(context);
    try {
      for (let [page] = pages; page !== undefined; [page] = pages) {
        const records = await stores.subscribers.records(await stores.roll.page(page));
        const outdated = records.flatMap((record) => (record && isOutdated(record, context) ? [record] : []));
        for (const some of inBatches(outdated, ENTERED))
          await atMost(ENTERED_A_SECOND, some.length, async () => asking.add(await enterMany(context, some)));
        found += outdated.length;
        pages.shift();
        if (pages.length % 100 === 0) log.info({ left: pages.length, found }, 'looking for numbers under other keys');
      }
    } finally {
      await asking.end().catch((err: unknown) => {
        // Nobody knows whose jobs were not asked for.
        pages = undefined;
        throw err;
      });
    }
    if (found > 0) log.info({ found }, 'every number is under the present keys, or its subscriber’s job is on the way');
    found = 0;
  };
}

/** Asks for the reconcile jobs of many beside other work. */
function createAsking(context: Context): { add(ids: readonly string[]): Promise<void>; end(): Promise<void> } {
  const { stores, queues, now } = context;
  const left: string[] = [];
  let failure: { reason: unknown } | undefined;
  let work: Promise<void> = Promise.resolve();

  async function ask(): Promise<void> {
    while (left.length > 0) {
      const room = await hasRoom(context);
      const ids = left.splice(0, CROWD);
      await stores.due.postponeAll(queueOf('recheck'), ids, now());
      if (room) await wake(queues, 'recheck', ids);
    }
  }

  async function end(): Promise<void> {
    await work;
    if (failure) throw failure.reason;
  }

  return {
    /** Waits where many are left. */
    async add(ids) {
      left.push(...ids);
      work = work.then(ask).catch((reason: unknown) => {
        failure ??= { reason };
      });
      if (failure || left.length > MOST_LEFT) await end();
    },
    end,
  };
}

/** All pages, from one on that is likely to be another for each worker: several who begin together need not do the same. */
function inSomeOrder(pages: number): number[] {
  const first = Math.floor(Math.random() * pages);
  return Array.from({ length: pages }, (_, i) => (first + i) % pages);
}
