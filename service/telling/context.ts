import type { Stores } from '../../store/stores.ts';

/** What telling works with. `stopped` aborts when the process ends; `now`: milliseconds since the epoch. */
export type TellingContext = {
  stores: Stores;
  stopped: AbortSignal;
  now: () => number;
};
