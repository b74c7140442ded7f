import { every, type Running } from '../runtime/lifecycle.ts';
import type { Second } from '../store/base/active-lease.ts';
import type { Context } from './context.ts';

/** Milliseconds between two looks at the lease, where another has it. */
const INTERVAL = 250;
/** Milliseconds between two renewals of one's own, each of which Redis writes to its disk. */
const RENEWAL = 1_000;

/** Which of several components is connected (decision 190). */
export type Standby = Running & {
  /** Settles when this component may connect. */
  turn(): Promise<void>;
  /** To be called when the server has let this component in. */
  online(): void;
  /** Whether another component is the active one. */
  waits(): boolean;
};

/**
 * Lets one of several components connect (active and standby). The active one renews a lease in Redis; another takes it when
 * it was given back, or was not renewed for three seconds. A server that refuses a second connection knows better who is
 * alive: there a component that starts tries once, so that nobody waits for the lease of a process that was killed.
 * `drop`: ends the connection; the next is made in its turn. `changed`: it has become the active one, or no longer is, as it
 * stood still or did not reach Redis for too long.
 */
export function createStandby(
  { stores, log }: Pick<Context, 'stores' | 'log'>,
  instance: string,
  refusesSecond: () => boolean,
  drop: () => Promise<void>,
  changed: (active: boolean) => void,
): Standby {
  /** `let-in`: the server has let this component in while another holds the lease, which is to be taken from it. */
  let state: 'waits' | 'let-in' | 'active' = 'waits';
  let tried = false;
  let renewed = 0;
  let waiting: (() => void)[] = [];

  function letConnect(): void {
    for (const connect of waiting) connect();
    waiting = [];
  }

  function become(next: typeof state): void {
    state = next;
    changed(state !== 'waits');
  }

  async function look(): Promise<void> {
    if (state === 'active' && performance.now() - renewed < RENEWAL) return;
    const second = refusesSecond() ? 'refused' : 'unknown';
    const { other, harmed } = await stores.activeLease.hold(instance, second, state === 'let-in');
    if (harmed) void drop();
    renewed = performance.now();
    if (other === undefined) return hold();
    if (state === 'active') await giveWay(second);
    else if (!tried) log.info('another component is the active one; this one stands by');
    if (other === 'refused' && !tried) letConnect();
    tried = true;
  }

  function hold(): void {
    if (state === 'active') return;
    if (tried) log.info('this component is the active one now');
    become('active');
    letConnect();
  }

  /** A server that lets two connections in takes the rights from the one that is left when the other closes. */
  async function giveWay(second: Second): Promise<void> {
    log.warn('another component has become the active one; this one stands by');
    become('waits');
    await drop();
    if (second === 'unknown') await stores.activeLease.harm(instance);
  }

  const looking = every(INTERVAL, log, look);

  return {
    turn: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        if (state === 'active') letConnect();
      }),
    online() {
      if (state === 'waits') become('let-in');
    },
    waits: () => state === 'waits',
    async stop() {
      await looking.stop();
      await stores.activeLease
        .release(instance)
        .catch((err: unknown) => log.warn({ err }, 'the lease is not released'));
    },
  };
}
