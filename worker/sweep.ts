import { isInMemory, QUEUE_NAMES, queuesThat } from '../runtime/queue-table.ts';
import { GRACE } from '../store/base/due.ts';
import { wake } from '../store/base/makes-due.ts';
import { PARTITIONS } from '../store/base/partitions.ts';
import type { Context } from './context.ts';

/** Milliseconds between two sweeps. */
export const SWEEP_INTERVAL = 1_000;
/** Budgets that one refill takes of each partition. */
const BATCH = 1_000;
/** Jobs of one queue that wait at most before a sweep adds to them: as many as its workers do in a few seconds. */
const MOST_WAITING = 4_000;
const SWEPT = QUEUE_NAMES.filter((name) => !isInMemory(name));

/**
 * Puts whoever is due back into the queues: work whose job was lost in a crash, or whose time has come; as many as there is room for, so that
 * a queue whose workers are away or slow does not grow, and the rest later. Several workers may sweep; each claim goes to one of them. A
 * queue in memory is swept by the process that has it (`runtime/memory-worker`).
 */
export async function sweep({ stores, queues, metrics, now }: Context): Promise<void> {
  for (const queue of SWEPT) {
    const room = MOST_WAITING - (await queues.waiting(queue));
    if (room <= 0) continue;
    const ids = await stores.due.claim(queue, now(), Math.ceil(room / PARTITIONS));
    await queues.enqueue(queue, ids);
    metrics.swept.inc({ queue }, ids.length);
  }
}

/** Lets numbers that wait for their subscriber's budget go on. A claim that dies with its worker is made again ten seconds later. */
export async function refillBudgets({ stores, queues, now }: Context): Promise<void> {
  const ids = await stores.due.claim('refill', now(), BATCH);
  for (const id of ids) await stores.budget.refill(id, now());
  await wake(queues, 'book', ids);
}

/** Forgets the subscribers who left and for whom everything is undone; the accounts that Earshot made go last. */
export async function forgetLeavers(context: Context): Promise<void> {
  const { stores } = context;
  const leavers = await stores.subscribers.leavers();
  for (const [i, subscriber] of (await stores.subscribers.records(leavers)).entries()) {
    const id = leavers[i];
    if (id === undefined) continue;
    const open = await Promise.all(queuesThat('holdsErasure').map((queue) => stores.due.isMarked(queue, id)));
    if (!subscriber || open.includes(true) || (await hasAccountsLeft(context, id))) continue;
    // What was asked for in the moment of leaving.
    await stores.tokens.revokeAll(id);
    await stores.playerSessions.closeAll(id);
    await stores.idempotency.erase(id);
    await stores.subscribers.forget(subscriber);
  }
}

/** Whether the component has still to delete an account; then it is asked to, once: the sweep sees to the rest. */
async function hasAccountsLeft({ stores, queues, now }: Context, id: string): Promise<boolean> {
  if ((await stores.accounts.madeFor(id)).length === 0) return false;
  if (await stores.due.isMarked('account', id)) return true;
  await stores.due.postpone('account', id, now() + GRACE);
  await wake(queues, 'accountAsked', [id]);
  return true;
}
