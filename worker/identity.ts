import type { Marks } from '../store/base/marks.ts';
import type { Wanted } from '../store/subscriber/identity.ts';
import { hashNumbers, phoneNumbersOf, type Subscriber } from '../store/subscriber/subscriber-record.ts';
import { blockAgain } from './blocked.ts';
import type { Context } from './context.ts';

/** Whether the directory has the subscriber under other keys than the operator uses now. */
export function isOutdated({ keyIds }: Subscriber, { numberKeys }: Context): boolean {
  return keyIds !== undefined && keyIds !== numberKeys.ids;
}

function wantedOf({ numberKeys }: Context, subscriber: Subscriber): Wanted {
  return { numbers: hashNumbers(phoneNumbersOf(subscriber), numberKeys), jid: subscriber.jid };
}

/**
 * Puts subscribers who are in the directory under former keys under the present ones, many at a time,
 * but for those who block somebody: their blocks come first (`enterAgain`). That is enough where
 * nobody holds one of their numbers by a key that comes or goes. Returns the ids of all others, whose
 * reconcile jobs have to do the rest.
 */
export async function enterMany(context: Context, outdated: readonly Subscriber[]): Promise<string[]> {
  const { stores, now } = context;
  const glances = await stores.survey.glance(outdated.map(({ id }) => id));
  const free = outdated.flatMap((seen) => {
    const glance = glances.get(seen.id);
    if (!glance || glance.blocks) return [];
    return [{ seen, index: glance.index, numbers: wantedOf(context, seen).numbers }];
  });
  const entered = await stores.subscribers.rekey(free, now());
  const settled = await stores.unheld.settle(await unheldAmong(context, entered));
  return outdated.flatMap(({ id }) => (settled.has(id) ? [] : [id]));
}

/** Of those subscribers none of whose announced numbers anybody holds: the marks of these numbers. */
async function unheldAmong({ stores }: Context, ids: readonly string[]): Promise<Map<string, Marks>> {
  const announced = await stores.unheld.announced(ids);
  const held = await stores.holders.ofEach(announced.flatMap((marks) => Object.keys(marks)));
  const unheld = new Map<string, Marks>();
  let from = 0;
  for (const [i, id] of ids.entries()) {
    const marks = announced[i] ?? {};
    const holders = held.slice(from, from + Object.keys(marks).length);
    from += holders.length;
    if (holders.flat().length === 0) unheld.set(id, marks);
  }
  return unheld;
}

/**
 * Puts the subscriber's numbers and JID into the directory under the operator's present keys, also
 * where an entry was lost. The numbers that the subscriber blocks are hashed anew before that: the
 * record is written last, and by it is known that all was done.
 */
export async function enterAgain(context: Context, subscriber: Subscriber): Promise<void> {
  const { stores, log, now } = context;
  const { id } = subscriber;
  await blockAgain(context, id);
  const wanted = wantedOf(context, subscriber);
  const outcome = await stores.subscribers.identity.change(id, wanted, now(), subscriber);
  if (outcome === 'busy' || outcome === 'changed')
    throw new Error('Another change of this subscriber is under way; this one comes after it.');
  if (outcome === 'number-taken' || outcome === 'jid-taken') {
    if (typeof (await stores.subscribers.obstacle(id, wanted, now())) !== 'string')
      throw new Error('Who had a number of this subscriber is just giving it up.');
    log.error({ subject: id, outcome }, 'two subscribers have the same number or JID; remove one of them');
  }
}
