import { elapsed } from '../runtime/elapsed.ts';
import { every, type Running } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { LEASE } from '../store/process/active-lease.ts';
import type { Stores } from '../store/stores.ts';

/** Milliseconds between two looks at the lease where another has it, and between two renewals of one's own. */
const INTERVAL = 250;
const RENEWAL = 1_000;
/** Milliseconds until it is tried again what waits for the lease to be one's own for certain. */
export const UNCERTAIN = INTERVAL;

/** Which of several processes for one presence server is the active one. */
export type Duty = Running & {
  isActive(): boolean;
  /** Whether the lease is its own for certain. It is not where this process stood still, or did not reach Redis, for too long. */
  holds(): boolean;
};

/**
 * Lets one of several processes tell the presence server, as two would not know each other's tags: it renews a lease in Redis, and
 * another takes it when it was given back, or was not renewed for three seconds (decision 264). `changed`: it has become the active one,
 * or no longer is. `clock`: milliseconds that only go on.
 */
export function createDuty(
  { sipLease }: Pick<Stores, 'sipLease'>,
  instance: string,
  log: Log,
  changed: (active: boolean) => void,
  clock: () => number = elapsed,
): Duty {
  const self = { host: '', instance };
  let active = false;
  let stoodBy = false;
  let renewed = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    const begun = clock();
    if (active && begun - renewed < RENEWAL) return;
    const { other } = await sipLease.hold(self, 'unknown');
    if (other) standBy();
    else hold(begun);
  }

  function hold(begun: number): void {
    renewed = begun;
    if (active) return;
    if (stoodBy) log.info('this process is the active one now');
    active = true;
    changed(true);
  }

  function standBy(): void {
    if (active || !stoodBy) log.info('another process is the active one; this one stands by');
    stoodBy = true;
    if (!active) return;
    active = false;
    changed(false);
  }

  const looking = every(INTERVAL, log, look);

  return {
    isActive: () => active,
    holds: () => active && clock() - renewed < LEASE,
    async stop() {
      await looking.stop();
      await sipLease.release(self).catch((err: unknown) => log.warn({ err }, 'the lease is not released'));
    },
  };
}
