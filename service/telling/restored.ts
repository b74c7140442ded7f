import type { Fence } from '../../store/base/fence.ts';
import { SCAN_START } from '../../store/base/hash-scan.ts';
import type { Subscription } from '../../store/subscription/subscription-record.ts';
import type { EventFacts } from './cloud-event.ts';
import type { TellingContext } from './context.ts';
import { createDoubting } from './doubting.ts';
import { type Place, readPlace, writePlace } from './known-anew.ts';
import type { Look } from './look.ts';
import type { Outcome } from './outcome.ts';

/** Milliseconds after which a run gives way to what has changed meanwhile. */
const LONGEST_RUN = 1_000;

/** The run that tells all anew. */
type Anew = { subscription: Subscription; fence: Fence };

/**
 * After the data were put back (decision 279) a sink may know more than is noted: friends and tunes that there are no more, and
 * subscribers whom nobody knows here. An event says so first, which `post` sends, unless it was said: `taken` where all is to be told anew from now on. `cut`:
 * the run was overtaken.
 */
export async function sayRestored(
  { stores: { sinkWork }, now }: TellingContext,
  { subscription: { id, restored = '' }, fence, post }: Anew & { post(event: EventFacts): Promise<Outcome> },
): Promise<Outcome | 'cut'> {
  if (readPlace(restored, await sinkWork.restoring(id))) return 'taken';
  const data = {};
  const outcome = await post({ id: `${id}-restored-${restored}`, kind: 'subscription-restored', time: now(), data });
  // A sink that refuses an event of which it does not know the type is told all the rest.
  if (outcome !== 'taken' && outcome !== 'refused') return outcome;
  const begins = writePlace(restored, { told: SCAN_START });
  return (await sinkWork.noteRestoring(id, fence, begins)) ? 'taken' : 'cut';
}

/**
 * When that was said everybody who is there, or of whom the sink was told, is put in doubt,
 * to be told of anew, as is by then, those who play nothing first, and what changes meanwhile before all of them, anew as well; at last the
 * subscription is as ever. A run gives way after a while (`more`), and the next goes on from there. `cut`: the run was overtaken, or
 * the process ends.
 */
export async function doubtEverybody(
  context: TellingContext,
  { subscription, fence }: Anew,
  look: Look,
): Promise<'done' | 'more' | 'cut'> {
  const { stores, stopped, elapsed } = context;
  const { sinkWork, roll } = stores;
  const { id, restored = '' } = subscription;
  const until = elapsed() + LONGEST_RUN;
  const doubt = createDoubting(context, { subscription, fence }, look);
  // Who has changed before it was come to was told anew then.
  const itsOwn = { silent: 'roll', unless: restored } as const;

  /** A page; where to go on, or undefined where the run is over. */
  async function doubtPage(place: Place): Promise<Place | undefined> {
    if ('told' in place) {
      const { fields, next } = await sinkWork.toldFrom(id, place.told);
      if (!(await doubt(fields, { known: true, ...itsOwn }))) return undefined;
      return next === undefined ? { page: (await roll.pages()) - 1 } : { told: next };
    }
    const ids = await look.among(await roll.page(place.page));
    // Of whom it was told is in doubt by now, or was told since.
    const known = await sinkWork.knows(id, ids);
    const others = ids.filter((_, i) => !known[i]);
    return (await doubt(others, { known: false, ...itsOwn })) ? { page: place.page - 1 } : undefined;
  }

  let place: Place = readPlace(restored, await sinkWork.restoring(id)) ?? { told: SCAN_START };
  while (!('page' in place) || place.page >= 0) {
    if (stopped.aborted) return 'cut';
    const next = await doubtPage(place);
    if (!next || !(await sinkWork.noteRestoring(id, fence, writePlace(restored, next)))) return 'cut';
    place = next;
    if (elapsed() >= until) return 'more';
  }
  await stores.subscriptions.change(id, ({ restored: present, ...one }) => (present === restored ? one : undefined));
  return 'done';
}
