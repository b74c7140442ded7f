import { sideBySide } from '../../runtime/batches.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';

/** Accounts that are looked at side by side. */
const IN_FLIGHT = 8;

/** Does the work for every subscriber that there is, in any state and at any home. */
export async function everybody(
  { stores }: Pick<Context, 'stores'>,
  work: (subscriber: Subscriber) => Promise<void>,
): Promise<void> {
  for (let page = (await stores.roll.pages()) - 1; page >= 0; page -= 1) {
    const records = await stores.subscribers.records(await stores.roll.page(page));
    await each(
      records.filter((record) => record !== undefined),
      work,
    );
  }
}

/** Does the work for each of these. @throws what the first of them failed with */
export async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const { failure } = await sideBySide(items, IN_FLIGHT, async (item) => void (await work(item)));
  if (failure) throw failure.reason;
}
