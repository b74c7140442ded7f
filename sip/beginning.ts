import { OUTLETS, type OutletName, outletRow } from '../domain/playing/outlets.ts';
import type { Log } from '../runtime/log.ts';
import { RELIABLE } from '../store/base/outlets-used.ts';
import type { Stores } from '../store/stores.ts';

/** Milliseconds between two of those who play already: nobody else has to wait for them. */
const PACE = 2;

/** Each who plays something is due in these. */
const EVERYBODYS = OUTLETS.filter(({ used }) => used === 'always').map(({ queue }) => queue);

/**
 * Begins to use an outlet, to be called again and again: as soon as every process knows that it is used, whoever plays already is
 * looked at. What a process wrote that did not know it yet is seen there, too. A process relies on no look from before by then, and one of an
 * earlier version, which does not look, has a status that does not say so.
 */
export function createBeginning(
  { outletsUsed, statuses, due }: Pick<Stores, 'outletsUsed' | 'statuses' | 'due'>,
  outlet: OutletName,
  log: Log,
  now: () => number,
): () => Promise<void> {
  let begunAt: number | undefined;
  return async () => {
    if ((await outletsUsed.begin(outlet)) === 'all') {
      begunAt = undefined;
      return;
    }
    begunAt ??= outletsUsed.clock();
    if (outletsUsed.clock() - begunAt <= RELIABLE) return;
    const all = await statuses.all();
    if (!all.every(({ outlets = [] }) => outlets.includes(outlet))) return;
    const { queue } = outletRow(outlet);
    // Who is due there alone has stopped at a process that did not know yet, and would be shown until the tune had ended.
    for (const from of [queue, ...EVERYBODYS]) await due.spread(from, queue, now(), PACE);
    await outletsUsed.begunForAll(outlet);
    log.info({ outlet }, 'this outlet is used from now on, and whoever plays already is looked at');
  };
}
