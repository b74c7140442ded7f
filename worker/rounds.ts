import { setTimeout as sleep } from 'node:timers/promises';
import { inBatches } from '../runtime/batches.ts';
import { wake } from '../store/base/makes-due.ts';
import type { Context } from './context.ts';
import { isOutdated } from './identity.ts';
import { whoIsWrong } from './right.ts';

/** While so many wait for their reconcile job, a round adds nobody: what people do waits no longer than for these. */
const CROWD = 100;
/** Milliseconds between two looks whether there is room, and after which a round goes on another time. */
const PAUSE = 20;
const PATIENCE = 5_000;

/**
 * Continues the round that the operator has asked for, page by page: who is not as everything else says is marked, and gets a reconcile
 * job as soon as there is room for it. Several workers look at different pages; a page that is looked at twice does no harm.
 */
export async function goOn(context: Context): Promise<void> {
  const { stores, queues, now } = context;
  while (await hasRoom(context)) {
    const taken = await stores.reconciliation.take(now());
    if (!taken) return;
    const records = await stores.subscribers.records(await stores.roll.page(taken.page));
    const active = records.flatMap((record) => (record?.state === 'active' ? [record] : []));
    const decided = { ...context, policy: taken.policy ?? context.policy };
    for (const some of inBatches(await whoIsWrong(decided, active), CROWD)) {
      // Marked in any case, and found by the sweep: the page is through then.
      await stores.reconciliation.mark(some, now());
      const ids = some.map(({ id }) => id);
      if (await hasRoom(context)) await wake(queues, 'recheck', ids);
    }
    await stores.reconciliation.reach(taken, active.length);
  }
}

/** False where none came for a while. */
async function hasRoom({ queues }: Context): Promise<boolean> {
  for (let waited = 0; waited < PATIENCE; waited += PAUSE) {
    if ((await queues.waiting('reconcile')) < CROWD) return true;
    await sleep(PAUSE);
  }
  return false;
}

/**
 * Looks, once after this worker has started, for subscribers who are in the directory under keys
 * other than the operator's present ones, and makes their reconcile jobs due, which put that right.
 * Subscribers who are added later, by a gateway that knows only the old key, have such a job
 * anyway.
 */
export function createKeyRound(context: Context): () => Promise<void> {
  const { stores, queues, log, now } = context;
  let page = 0;
  let found = 0;
  let through = false;

  return async () => {
    while (!through && (await hasRoom(context))) {
      through = page >= (await stores.roll.pages());
      if (through) break;
      const records = await stores.subscribers.records(await stores.roll.page(page));
      const outdated = records.flatMap((record) => (record && isOutdated(record, context) ? [record.id] : []));
      for (const ids of inBatches(outdated, CROWD)) {
        await stores.due.postponeAll('reconcile', ids, now());
        if (await hasRoom(context)) await wake(queues, 'recheck', ids);
      }
      found += outdated.length;
      page += 1;
      if (page % 100 === 0) log.info({ page, found }, 'looking for numbers under other keys');
    }
    if (through && found > 0) {
      log.info({ found }, 'every number is under the present keys, or its subscriber’s job is on the way');
      found = 0;
    }
  };
}
