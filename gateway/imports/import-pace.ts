import type { Pace } from '../../service/subscriber/new-subscriber.ts';

/** New subscribers of one import for whom what follows is done at once. */
const AT_ONCE = 500;
/** Of the others, so many a second: a part of what one worker, or the XMPP server, can do, also on a busy machine. */
const A_SECOND = 200;

/**
 * Friends are found and own clients listened to by jobs, which would take the machine from everybody else if a large file asked for
 * all of them at once.
 */
export function createPace(now: () => number): Pace {
  let taken = 0;
  let free = 0;
  return (count) => {
    taken += count;
    if (taken <= AT_ONCE) return undefined;
    const from = Math.max(free, now());
    free = from + (count * 1_000) / A_SECOND;
    return (position) => Math.ceil(from + (position * 1_000) / A_SECOND);
  };
}
