import { OUTLETS } from '../domain/playing/outlets.ts';
import { REDIS_QUEUES } from '../runtime/queue/queue-table.ts';
import { LATELY, REFILL, WATCHED } from '../store/base/keys.ts';
import { PARTITIONS } from '../store/base/partitions.ts';
import { GRACE } from '../store/due/due.ts';
import { queueOf, wake } from '../store/due/makes-due.ts';
import type { Context } from './context.ts';

/** Milliseconds between two sweeps. */
export const SWEEP_INTERVAL = 1_000;
/** Budgets that one refill takes of each partition. */
const BATCH = 1_000;
/** Jobs of one queue that wait at most before a sweep adds to them: as many as its workers do in a few seconds. */
const MOST_WAITING = 4_000;

/**
 * Puts whoever is due back into the queues: those whose job was lost in a crash, and those whose time
 * has come. It adds only up to `MOST_WAITING` jobs to a queue, so that one whose workers are away or
 * slow does not grow; the rest comes later. Several workers may sweep: each subscriber goes to one of
 * them. The component and the process `sip` sweep their own queues (`runtime/queue/memory-worker`). Of an outlet that is not used nobody stays due.
 */
export async function sweep({ stores, queues, metrics, now }: Context): Promise<void> {
  for (const { queue } of OUTLETS) if (stores.outletsUsed.isUnused(queue)) await stores.due.drop(queue);
  const where = await stores.due.where(REDIS_QUEUES, now());
  for (const queue of REDIS_QUEUES) {
    const partitions = where.get(queue);
    const room = partitions ? MOST_WAITING - (await queues.waiting(queue)) : 0;
    if (room <= 0) continue;
    const ids = await stores.due.take(queue, now(), Math.ceil(room / PARTITIONS), partitions);
    await queues.enqueue(queue, ids);
    metrics.swept.inc({ queue }, ids.length);
  }
}

/** Lets numbers that wait for their subscriber's budget go on. Who was taken by a worker that died is due again ten seconds later. */
export async function refillBudgets({ stores, queues, now }: Context): Promise<void> {
  const partitions = (await stores.due.where([REFILL], now())).get(REFILL) ?? [];
  const ids = await stores.due.take(REFILL, now(), BATCH, partitions);
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
    if (!subscriber || (await stores.due.holdErasure(id)) || (await hasAccountsLeft(context, id))) continue;
    // Whatever the XMPP server forgets by then is undone once more.
    if (await stores.due.isMarked(LATELY, id)) continue;
    // Who has subscribed is to hear that the subscriber left, as long as it is known in whose ranges it was.
    if (await stores.due.isMarked(WATCHED, id)) continue;
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
  if (await stores.due.isMarked(queueOf('accountAsked'), id)) return true;
  await stores.due.postpone(queueOf('accountAsked'), id, now() + GRACE);
  await wake(queues, 'accountAsked', [id]);
  return true;
}
