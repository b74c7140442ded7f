import type { Running } from '../../runtime/lifecycle.ts';
import { OVERDUE } from './standby.ts';

/** Milliseconds between two looks at the clock. */
const INTERVAL = 250;

/** Undefined where nothing is in doubt; otherwise settles with whether this component is still the active one. */
export type StillActive = () => Promise<boolean> | undefined;

/**
 * Whoever stood still for so long that its lease may have run out (SIGSTOP, a machine that was paused) may have been replaced
 * without knowing. Before it heeds what it was sent meanwhile, or sends anything, it looks at the lease (decision 247).
 */
export function createStillActive(isActive: () => Promise<boolean>): Running & { stillActive: StillActive } {
  let noticed = performance.now();
  let doubt: Promise<boolean> | undefined;

  /** Whatever runs first after the pause finds it: a timer, or what has come from the network. */
  function stillActive(): Promise<boolean> | undefined {
    const now = performance.now();
    if (now - noticed > OVERDUE && !doubt) doubt = settle();
    noticed = now;
    return doubt;
  }

  async function settle(): Promise<boolean> {
    const active = await isActive();
    doubt = undefined;
    return active;
  }

  const timer = setInterval(stillActive, INTERVAL);
  return { stillActive, stop: async () => clearInterval(timer) };
}
