import { hashNumbers, phoneNumbersOf, type Subscriber } from '../store/subscriber/subscriber-record.ts';
import { blockAgain } from './blocked.ts';
import type { Context } from './context.ts';

/** Whether the directory has the subscriber under other keys than the operator uses now. */
export function isOutdated({ keyIds }: Subscriber, { numberKeys }: Context): boolean {
  return keyIds !== undefined && keyIds !== numberKeys.ids;
}

/**
 * Puts the subscriber's numbers and JID into the directory as they should be there: under the operator's present keys, and again
 * when an entry was lost. So are the numbers that the subscriber blocks, and first: the record says whether it was done.
 */
export async function enterAgain(context: Context, subscriber: Subscriber): Promise<void> {
  const { stores, numberKeys, log, now } = context;
  const { id, jid } = subscriber;
  await blockAgain(context, id);
  const wanted = { numbers: hashNumbers(phoneNumbersOf(subscriber), numberKeys), jid };
  const outcome = await stores.subscribers.identity.change(id, wanted, now(), subscriber);
  if (outcome === 'busy' || outcome === 'changed')
    throw new Error('Another change of this subscriber is under way; this one comes after it.');
  if (outcome === 'number-taken' || outcome === 'jid-taken') {
    if (typeof (await stores.subscribers.obstacle(id, wanted, now())) !== 'string')
      throw new Error('Who had a number of this subscriber is just giving it up.');
    log.error({ subject: id, outcome }, 'two subscribers have the same number or JID; remove one of them');
  }
}
