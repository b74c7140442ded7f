import { inBatches } from '../../runtime/batches.ts';
import type { Fence } from '../../store/base/fence.ts';
import type { Subscription } from '../../store/subscription/subscription-record.ts';
import type { EventFacts } from './cloud-event.ts';
import type { TellingContext } from './context.ts';
import type { Look } from './look.ts';
import type { Outcome } from './outcome.ts';

/** Subscribers who are looked at side by side. */
const SIDE_BY_SIDE = 50;
/** Milliseconds between so many: what changes meanwhile has its turn in between. */
const PACE = 100;

/** The run that tells all anew. `post` sends an event. */
type Anew = { subscription: Subscription; fence: Fence; post(event: EventFacts): Promise<Outcome> };

/**
 * After the data were put back (decision 279) a sink may know more than is noted: friends and tunes that there are no more, and
 * subscribers whom nobody knows here. An event says so first. Then everybody who is there, or of whom the sink was told, is in doubt,
 * and is told of anew, as is by then, those who play nothing first; at last the subscription is as ever. From wherever it is
 * interrupted it begins again. `cut`: the run was overtaken, or the worker ends.
 */
export async function tellRestored(
  { stores, stopped, now }: TellingContext,
  { subscription, fence, post }: Anew,
  look: Look,
): Promise<Outcome | 'cut'> {
  const { id, restored } = subscription;
  const outcome = await post({
    id: `${id}-restored-${restored}`,
    kind: 'subscription-restored',
    time: now(),
    data: {},
  });
  // A sink that refuses an event of which it does not know the type is told all the rest.
  if (outcome !== 'taken' && outcome !== 'refused') return outcome;
  let at = now();

  /** `known`: the sink was told of them, wherever they are now. False where the run is over. */
  async function doubt(ids: readonly string[], known: boolean): Promise<boolean> {
    for (const some of inBatches(ids, SIDE_BY_SIDE)) {
      if (stopped.aborted) return false;
      const present = await Promise.all(some.map((one) => look(one, now())));
      const its = some.filter((_, i) => known || present[i]);
      if (!(await stores.sinkWork.doubt(id, fence, its))) return false;
      const playing = new Set(some.filter((_, i) => present[i]?.playing));
      const ask = (line: 'first' | 'due') =>
        stores.sinkWork.ask(
          id,
          its.filter((one) => playing.has(one) === (line === 'due')),
          at,
          line,
        );
      await Promise.all([ask('first'), ask('due')]);
      at += PACE;
    }
    return true;
  }

  const told = new Set<string>();
  for await (const some of stores.sinkWork.everybodyTold(id)) for (const one of some) told.add(one);
  if (!(await doubt([...told], true))) return 'cut';
  for (let page = (await stores.roll.pages()) - 1; page >= 0; page -= 1) {
    const others = (await stores.roll.page(page)).filter((one) => !told.has(one));
    if (!(await doubt(others, false))) return 'cut';
  }
  await stores.subscriptions.change(id, ({ restored: present, ...one }) => (present === restored ? one : undefined));
  return 'taken';
}
