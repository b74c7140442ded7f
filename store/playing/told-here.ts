import type { OutletName } from '../../domain/playing/outlets.ts';
import { elapsed } from '../../runtime/elapsed.ts';

/** The times that this process itself has noted lately with what outlets were told (see `createToldHere`). */
export type ToldHere = {
  /** To be called before the time is written. */
  noted(id: string, outlet: OutletName, at: number): void;
  /** False where this process has noted another time than `at`, which is then from before. */
  mayBeNow(id: string, outlet: OutletName, at: number): boolean;
};

/**
 * Milliseconds for which a time is known at least; twice as long at most. A message over a connection
 * for subscriptions is never as old: one that is silent for 20 s is given up.
 */
const KNOWN = 30_000;

/**
 * What a wake brings along was read in Redis when the message was sent, and comes over another
 * connection than answers: what this process has written since may have been answered before.
 * `now`: milliseconds.
 */
export function createToldHere(now = elapsed): ToldHere {
  let present = new Map<string, number>();
  let before = new Map<string, number>();
  let since = now();

  function forgetOld(): void {
    if (now() - since < KNOWN) return;
    before = present;
    present = new Map();
    since = now();
  }

  return {
    noted(id, outlet, at) {
      forgetOld();
      present.set(`${outlet} ${id}`, at);
    },
    mayBeNow(id, outlet, at) {
      const place = `${outlet} ${id}`;
      const last = present.get(place) ?? before.get(place);
      return last === undefined || last === at;
    },
  };
}
