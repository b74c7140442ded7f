import { wake } from '../store/base/makes-due.ts';
import type { Context } from './context.ts';
import { isOutdated } from './identity.ts';

/** While so many wait for their reconcile job, nobody is added by a round: what people do comes first. */
const CROWD = 500;

/**
 * Continues the round that the operator has asked for: marks subscribers page by page, until CROWD
 * of them wait. Any worker may do so at any time; a page that is marked twice does no harm.
 */
export async function goOn(context: Context): Promise<void> {
  const { stores, queues, now } = context;
  while ((await stores.due.waiting('reconcile')) < CROWD) {
    const next = await stores.reconciliation.next();
    if (!next) return;
    const records = await stores.subscribers.records(await stores.roll.page(next.page));
    const active = records
      .filter((record) => record?.state === 'active')
      .map((record) => record as NonNullable<typeof record>);
    await stores.reconciliation.mark(active, now());
    await wake(
      queues,
      'recheck',
      active.map(({ id }) => id),
    );
    await stores.reconciliation.reach(next, active.length);
  }
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
    while (!through && (await stores.due.waiting('reconcile')) < CROWD) {
      through = page >= (await stores.roll.pages());
      if (through) break;
      const records = await stores.subscribers.records(await stores.roll.page(page));
      const ids = records.flatMap((record) => (record && isOutdated(record, context) ? [record.id] : []));
      for (const id of ids) await stores.due.postpone('reconcile', id, now());
      await wake(queues, 'recheck', ids);
      found += ids.length;
      page += 1;
      if (page % 100 === 0) log.info({ page, found }, 'looking for numbers under other keys');
    }
    if (through && found > 0) {
      log.info({ found }, 'every number is under the present keys, or its subscriber’s job is on the way');
      found = 0;
    }
  };
}
