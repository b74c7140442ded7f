import { PLAN } from '../plan.ts';

/** Milliseconds, but for counts. `times`: the sustainable load; `again`: times the quiet median that a call may take to count as quick again. */
export const OVERLOAD = {
  ...{ publishers: 200, friends: 4, lanes: PLAN.lanes, warmUp: PLAN.started, sustained: 5_000 },
  ...{ times: 5, duration: 60_000, connections: 1_500 },
  ...{ calls: 200, window: 20, again: 2, recovery: 10_000, probe: 1_000, growth: 1.1, alike: 0.02 },
} as const;
