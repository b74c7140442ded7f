import type { Stores } from '../../store/stores.ts';

/** What telling works with. `stopped` aborts when the process ends; `now`: milliseconds since the epoch; `elapsed`: those that only go on. */
export type TellingContext = {
  stores: Stores;
  stopped: AbortSignal;
  now: () => number;
  elapsed: () => number;
};
