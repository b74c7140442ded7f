import { inBatches } from '../../runtime/batches.ts';
import type { Fence } from '../../store/base/fence.ts';
import type { Line } from '../../store/subscription/sink-lines.ts';
import type { Subscription } from '../../store/subscription/subscription-record.ts';
import type { TellingContext } from './context.ts';
import type { Look } from './look.ts';

/** Subscribers who are looked at side by side. */
const SIDE_BY_SIDE = 50;
/** Milliseconds by which who plays nothing is before who plays: a tune may have to go. */
const EARLIER = 86_400_000;

/** For one run: has subscribers told anew of whom nobody knows what was told, each on every side. */
export function createDoubting(
  { stores, stopped, now }: TellingContext,
  { subscription: { id, restored }, fence }: { subscription: Subscription; fence: Fence },
  look: Look,
) {
  const { sinkWork } = stores;

  /**
   * `known`: they were told of, wherever they are now; of others who is not in range is passed over. They wait behind who has changed; `silent`: the
   * line of those who play nothing, or are gone, of which the end may not have arrived. False where the run is over.
   */
  return async (ids: readonly string[], known: boolean, silent: Line = 'first'): Promise<boolean> => {
    for (const some of inBatches(ids, SIDE_BY_SIDE)) {
      if (stopped.aborted) return false;
      const present = await Promise.all(some.map((one) => look(one, now())));
      const its = some.filter((_, i) => known || present[i]);
      if (!(await sinkWork.doubt(id, fence, its, restored))) return false;
      const playing = new Set(some.filter((_, i) => present[i]?.playing));
      const ask = (plays: boolean, at: number, line: Line) =>
        sinkWork.ask(
          id,
          its.filter((one) => playing.has(one) === plays),
          at,
          line,
        );
      // Those of `first` are in the order in which it was asked for them.
      await Promise.all([ask(false, silent === 'first' ? now() : now() - EARLIER, silent), ask(true, now(), 'roll')]);
    }
    return true;
  };
}
