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

/**
 * Which of them. `known`: they were told of, wherever they are now; of others who is not in range is passed over. `silent`: the line of those who play
 * nothing, or are gone, before the others there; `unless`: who was in doubt for these older data already, and was told since, is only looked at.
 */
type Doubtful = { known: boolean; silent: Line; unless?: string | undefined };

/** For one run: has subscribers told anew of whom nobody knows what was told, each on every side. */
export function createDoubting(
  { stores, stopped, now }: TellingContext,
  { subscription: { id, restored: since }, fence }: { subscription: Subscription; fence: Fence },
  look: Look,
) {
  const { sinkWork } = stores;

  /** They wait behind who has changed. False where the run is over. */
  return async (ids: readonly string[], { known, silent, unless }: Doubtful): Promise<boolean> => {
    for (const some of inBatches(ids, SIDE_BY_SIDE)) {
      if (stopped.aborted) return false;
      const present = await Promise.all(some.map((one) => look(one, now())));
      const its = some.filter((_, i) => known || present[i]);
      if (!(await sinkWork.doubt(id, fence, its, { since, unless }))) return false;
      const playing = new Set(some.filter((_, i) => present[i]?.playing));
      const ask = (plays: boolean, at: number, line: Line) =>
        sinkWork.ask(
          id,
          its.filter((one) => playing.has(one) === plays),
          at,
          line,
        );
      await Promise.all([ask(false, now() - EARLIER, silent), ask(true, now(), 'roll')]);
    }
    return true;
  };
}
