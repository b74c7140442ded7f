import { newStamp } from '../../store/base/marks.ts';
import type { Stores } from '../../store/stores.ts';
import { isOver, type Subscription } from '../../store/subscription/subscription-record.ts';
import type { TellingContext } from './context.ts';

/** Something that has changed could not be passed on to the subscription, which is noted in another slot than the one that failed. */
export async function noteMissed({ subscriptions }: Stores, id: string): Promise<void> {
  await subscriptions.change(id, (one) => (isOver(one) ? undefined : { ...one, missed: newStamp() }));
}

/**
 * Nobody remembers what a subscription has missed: everybody there is, and everybody of whom its sink was told, is to be looked at. Most
 * differ in nothing, and who changes meanwhile does not wait for them. Who is interrupted begins again.
 */
export async function askEverybody({ stores, now }: TellingContext, { id, missed }: Subscription): Promise<void> {
  for await (const ids of stores.sinkWork.everybodyTold(id)) await stores.sinkWork.ask(id, ids, now(), 'roll');
  for (let page = (await stores.roll.pages()) - 1; page >= 0; page -= 1)
    await stores.sinkWork.ask(id, await stores.roll.page(page), now(), 'roll');
  // What has been missed meanwhile has another stamp.
  await stores.subscriptions.change(id, ({ missed: present, ...one }) => (present === missed ? one : undefined));
}
