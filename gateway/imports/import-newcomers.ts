import { createSubscribers, type Newcomer } from '../../service/subscriber/newcomers.ts';
import { orderSubscribers } from '../../service/subscriber/orders.ts';
import type { Context } from '../context.ts';
import type { Draft } from './import-draft.ts';
import { created, customerOf, type ImportJob, ordered, orderingOf, type RowResult } from './import-row.ts';

/**
 * Adds many of whom nobody is there, at once: with accounts of their own, or with accounts that are ordered. Undefined for whom something was
 * in the way.
 */
export async function addMany(
  context: Context,
  job: ImportJob,
  drafts: readonly Draft[],
): Promise<(RowResult | undefined)[]> {
  const own = drafts.filter(({ jid }) => jid !== undefined);
  const others = drafts.filter(({ jid }) => jid === undefined);
  const customers = others.map((draft) => customerOf(context, job, draft));
  const [added, placed] = await Promise.all([
    createSubscribers(context, own.map(toNewcomer), job.paces),
    orderSubscribers(context, customers, orderingOf(job)),
  ]);
  const results = new Map<Draft, RowResult>();
  for (const [i, draft] of own.entries()) if (added[i]) results.set(draft, created(added[i]));
  for (const [i, draft] of others.entries())
    if (placed[i]) results.set(draft, ordered(placed[i], customers[i]?.password ?? ''));
  return drafts.map((draft) => results.get(draft));
}

function toNewcomer({ phoneNumbers, displayName = '', jid = '' }: Draft): Newcomer {
  return { phoneNumbers, displayName, jid };
}
