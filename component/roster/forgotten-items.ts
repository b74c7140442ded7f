import type { ToldLately } from '../../store/due/lately.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import { note } from './roster-step.ts';

type Item = Extract<ToldLately, { what: 'item' }>;

/**
 * The server may have forgotten these changes of the subscriber's roster: they are intended again,
 * as before they were told, so that an item that is missing is not taken for one that the user has
 * deleted, nor one that is there again for the user's own. While the item of somebody who is no
 * friend may be there, nothing is shown (see `createSharing`).
 */
export async function forgottenItems(
  context: Context,
  { id, jid: account }: Subscriber,
  told: readonly ToldLately[],
): Promise<void> {
  const { stores, now } = context;
  // In a former account nothing is known any more. The last telling of each item counts.
  const items = new Map(told.flatMap((one) => (isItemOf(account, one) ? [[one.jid, one] as const] : [])));
  if (items.size === 0) return;
  const forgotten = [...items.values()];
  const ledger = await stores.ledger.some(id, account, [...items.keys()]);
  await note(
    context,
    { id, jid: account },
    forgotten.map(({ jid, ledger: before }, i) => ({
      jid,
      seen: ledger[i],
      next: { ...(ledger[i] ?? before), pending: true },
    })),
  );
  await stores.friends.doubt(
    id,
    forgotten.map(({ jid, other }) => ({ jid, id: other })),
    now(),
  );
}

function isItemOf(account: string, one: ToldLately): one is Item {
  return one.what === 'item' && one.account === account;
}
