import { Fault } from '../../domain/fault.ts';

/** Whose stream it is, and where it comes from. `address`: undefined where it does not count, as for a carrier's servers. */
export type Opener = { subscriber: string; token: string; address: string | undefined };

/** A place that is held until `leave`. */
export type Place = { leave(): void };

export type EventStreams = ReturnType<typeof createEventStreams>;

/** Streams of one subscriber that are open at a time in this process. */
export const MOST_STREAMS = 10;
/** Streams of all subscribers together: each takes some 17 kB, on Node.js 24 some 25 (decision 272). */
export const MOST_OF_ALL = 20_000;
/** Seconds after which somebody at a full address, or a full gateway, may ask again. */
const FULL = 30;

type Held = Opener & { replace(): void };

/**
 * The event streams that are open in this process. A subscriber who opens one more than the limit
 * loses the oldest stream of the token that has the most: when a phone changes networks, the stream
 * that it leaves behind stays open, as nobody tells it that it is over. `mostOfAddress`: streams of
 * all subscribers at one address; 0: no limit. `mostOfAll`: of everybody.
 */
export function createEventStreams(mostOfAddress: number, mostOfAll = MOST_OF_ALL) {
  /** For each subscriber, the oldest first. */
  const bySubscriber = new Map<string, readonly Held[]>();
  const byAddress = new Map<string, number>();
  let all = 0;

  function count(address: string | undefined, change: 1 | -1): void {
    if (address === undefined) return;
    const open = (byAddress.get(address) ?? 0) + change;
    if (open > 0) byAddress.set(address, open);
    else byAddress.delete(address);
  }

  function leave(held: Held): void {
    const own = bySubscriber.get(held.subscriber) ?? [];
    const others = own.filter((one) => one !== held);
    if (others.length === own.length) return;
    all -= 1;
    if (others.length > 0) bySubscriber.set(held.subscriber, others);
    else bySubscriber.delete(held.subscriber);
    count(held.address, -1);
  }

  return {
    /** `replace` is called when a newer stream of the same subscriber takes the place. @throws Fault TOO_MANY_REQUESTS when the address is full, UNAVAILABLE when this process is */
    open(opener: Opener, replace: () => void): Place {
      const { subscriber, token, address } = opener;
      const own = bySubscriber.get(subscriber) ?? [];
      const replaced = own.length >= MOST_STREAMS ? oldestOfMost(own) : undefined;
      const left = (byAddress.get(address ?? '') ?? 0) - (replaced?.address === address ? 1 : 0);
      if (mostOfAddress > 0 && left >= mostOfAddress)
        throw new Fault('TOO_MANY_REQUESTS', 'Too many event streams are open from this address; close some.', FULL);
      if (all >= mostOfAll && !replaced)
        throw new Fault(
          'UNAVAILABLE',
          'This gateway holds as many event streams as it can; go on after Retry-After.',
          FULL,
        );
      if (replaced) {
        leave(replaced);
        replaced.replace();
      }
      const held: Held = { subscriber, token, address, replace };
      bySubscriber.set(subscriber, (bySubscriber.get(subscriber) ?? []).concat(held));
      count(address, 1);
      all += 1;
      return { leave: () => leave(held) };
    },
  };
}

/** The oldest of the token that holds most. */
function oldestOfMost(held: readonly Held[]): Held | undefined {
  const byToken = new Map<string, Held[]>();
  for (const one of held) byToken.set(one.token, [...(byToken.get(one.token) ?? []), one]);
  const [most] = [...byToken.values()].sort((a, b) => b.length - a.length);
  return most?.[0];
}
