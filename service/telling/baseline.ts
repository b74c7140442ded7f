import { asksForFriends } from '../../domain/subscription/event-types.ts';
import { inBatches } from '../../runtime/batches.ts';
import type { Fence } from '../../store/base/fence.ts';
import { WATCHED } from '../../store/base/keys.ts';
import type { Subscription } from '../../store/subscription/subscription-record.ts';
import type { TellingContext } from './context.ts';
import type { Look } from './look.ts';

/** Subscribers who are looked at side by side. */
const SIDE_BY_SIDE = 50;
/** Milliseconds after which others who look at everybody have their turn. */
const LONGEST_TURN = 5_000;

type Run = { subscription: Subscription; fence: Fence };

/**
 * Goes through everybody once, a page at a time, before a subscription begins: what is so now it is
 * not told, only what changes; or with `initial` all of it is. Who changes meanwhile is told as a
 * whole. Goes on where it was interrupted: the end of the process ends it early, and so does another run, and what is left after a while. True
 * when it is done, by a run that nobody has overtaken.
 */
export async function walk(context: TellingContext, run: Run, look: Look): Promise<boolean> {
  const { stores, elapsed, stopped } = context;
  const { subscription, fence } = run;
  const pages = await stores.roll.pages();
  const until = elapsed() + LONGEST_TURN;
  let { walked } = await stores.sinkWork.progress(subscription.id);
  for (; walked < pages; walked += 1) {
    for (const some of inBatches(await look.among(await stores.roll.page(walked)), SIDE_BY_SIDE)) {
      if (stopped.aborted) return false;
      await Promise.all(some.map((id) => begin(context, run, id, look)));
    }
    // What this run has noted of the page counts only where it is still the last.
    if (!(await stores.sinkWork.walked(subscription.id, fence, walked + 1))) return false;
    if (elapsed() >= until && walked + 1 < pages) return false;
  }
  return stores.sinkWork.walked(subscription.id, fence, walked);
}

async function begin({ stores, now }: TellingContext, run: Run, id: string, look: Look): Promise<void> {
  const { fence } = run;
  const { id: subscription, initial, kinds } = run.subscription;
  const present = await look(id, now());
  if (!present) return;
  const come = present.whole && !initial && asksForFriends(kinds) ? await stores.friends.ids(id) : [];
  // Looked at after what is so: a change since then is noted there, or has been passed on from there.
  if (initial) return stores.sinkWork.ask(subscription, [id], now(), 'roll');
  if (await stores.due.isMarked(WATCHED, id)) return stores.sinkWork.ask(subscription, [id], now());
  const value = { known: present.known };
  await stores.sinkWork.baseline(subscription, fence, id, { value, come, later: present.until });
}
