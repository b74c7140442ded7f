import { every, type Running } from '../../runtime/lifecycle.ts';
import type { Allows, Component, Holder } from '../../store/process/active-lease.ts';
import type { Context } from '../context.ts';
import type { XmppServer } from '../server/server.ts';

/** Milliseconds between two looks at the lease, where another has it. */
const INTERVAL = 250;
/** Milliseconds between two renewals of one's own, each of which Redis writes to its disk. */
const RENEWAL = 1_000;
/** Milliseconds without a renewal after which the holder is gone, or stands still. */
export const OVERDUE = 1_500;

/** Which of several components is connected (decision 190). */
export type Standby = Running & {
  /** There is another server, or none. */
  workWith(server: Pick<XmppServer, 'allowsOne'> | undefined): void;
  /** Settles when this component may connect. */
  turn(): Promise<void>;
  /** Looks at the lease once more: whether this component is the active one. */
  isActive(): Promise<boolean>;
  /** To be called when the server has let this component in. */
  online(): void;
  /** Whether another component is the active one. */
  waits(): boolean;
};

/** Somebody who asks whose the lease is. `since`: what was read before that time is no answer. */
type Question = { since: number; answer(active: boolean): void };

/**
 * Lets one of several components connect (active and standby). The active one renews a lease in Redis; another takes it when
 * it was given back, or was not renewed for three seconds. A server that allows one connection knows better who is alive:
 * there a component that starts tries once when a renewal is overdue, so that nobody waits for the lease of a process that
 * was killed; while it is renewed nobody tries, as the server may end the connection that there is.
 * `mayConnect` throws while this component must not connect at all, whoever has the lease. `drop`: ends the connection; the next is made in its turn. `changed`: it has become the active one, or no longer is, as it
 * stood still or did not reach Redis for too long.
 */
export function createStandby(
  { stores, log }: Pick<Context, 'stores' | 'log'>,
  self: Component,
  mayConnect: () => Promise<void>,
  drop: () => Promise<void>,
  changed: (active: boolean) => void,
): Standby {
  /** `let-in`: the server has let this component in while another holds the lease, which is to be taken from it. */
  let state: 'waits' | 'let-in' | 'active' = 'waits';
  let serverAllows: Allows = 'unknown';
  let stoodBy = false;
  /** Whether the holder may be one that was killed before this component started. */
  let mayTry = true;
  let silent = 0;
  let renewed = Number.NEGATIVE_INFINITY;
  let asked = Number.NEGATIVE_INFINITY;
  let turns: Question[] = [];
  let doubts: Question[] = [];

  function answered(questions: readonly Question[], begun: number, active: boolean): Question[] {
    for (const { since, answer } of questions) if (since <= begun) answer(active);
    return questions.filter(({ since }) => since > begun);
  }

  function become(next: typeof state): void {
    state = next;
    changed(state !== 'waits');
  }

  async function look(): Promise<void> {
    const begun = performance.now();
    const allows = serverAllows;
    const connects = turns.length > 0;
    if (state === 'active' && !connects && doubts.length === 0 && begun - renewed < RENEWAL) return;
    if (state === 'waits' && begun - asked >= RENEWAL) {
      await mayConnect();
      asked = begun;
    }
    const { other, harmed } = await stores.activeLease.hold(self, allows, state === 'let-in');
    if (harmed) void drop();
    renewed = begun;
    doubts = answered(doubts, begun, !other);
    if (!other) hold();
    else if (state === 'active') await giveWay(allows);
    else standBy(other);
    if (!other || (connects && tries(other))) turns = answered(turns, begun, true);
  }

  function hold(): void {
    if (state === 'active') return;
    if (stoodBy) log.info('this component is the active one now');
    become('active');
  }

  function standBy(other: Holder): void {
    if (!stoodBy) log.info('another component is the active one; this one stands by');
    stoodBy = true;
    // It has renewed its lease.
    if (other.silent < silent) mayTry = false;
    silent = other.silent;
  }

  /** Once at most. */
  function tries({ allows }: Holder): boolean {
    if (!mayTry || silent < OVERDUE || allows !== 'one') return false;
    mayTry = false;
    return true;
  }

  /** A server that lets two connections in takes the rights from the one that is left when the other closes. */
  async function giveWay(allows: Allows): Promise<void> {
    log.warn('another component has become the active one; this one stands by');
    stoodBy = true;
    mayTry = false;
    become('waits');
    await drop();
    if (allows === 'unknown') await stores.activeLease.harm(self);
  }

  const looking = every(INTERVAL, log, look);

  /** As of now: a process that stood still must not go by what it was told before. */
  function ask(questions: Question[], answer: (active: boolean) => void): void {
    questions.push({ since: performance.now(), answer });
    looking.soon();
  }

  return {
    workWith(server) {
      serverAllows = server?.allowsOne ? 'one' : 'unknown';
    },
    turn: () => new Promise((resolve) => ask(turns, () => resolve())),
    isActive: () => new Promise((resolve) => ask(doubts, resolve)),
    online() {
      if (state === 'waits') become('let-in');
    },
    waits: () => state === 'waits',
    async stop() {
      await looking.stop();
      await stores.activeLease.release(self).catch((err: unknown) => log.warn({ err }, 'the lease is not released'));
    },
  };
}
