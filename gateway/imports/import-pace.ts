import type { ServiceContext } from '../../service/context.ts';
import type { Pace, Paces } from '../../service/subscriber/newcomers.ts';

/** `order`: accounts that are to be made. */
export type ImportPaces = Paces & { order: Pace };

type Clocks = Pick<ServiceContext, 'now' | 'elapsed'>;

/** New subscribers of one import for whom what follows is done at once. */
const AT_ONCE = 200;
/** The same of listening, which is three requests to the XMPP server: more of them at once would hold up everybody's tunes. */
const LISTENS_AT_ONCE = 50;
/** Of the others, so many a second: a tenth of what an XMPP server can do, and a part of what one worker can do. */
const LISTENS_A_SECOND = 50;
const LOOKS_A_SECOND = 200;
const ACCOUNTS_A_SECOND = 50;

/**
 * Friends are found, own clients listened to, and accounts made by jobs, which would take the machine from everybody else if a large file asked for
 * all of them at once. Somebody who comes online is listened to then (`component/presence`). `now`: milliseconds
 * since the epoch, by which others are told when something is due; `elapsed`: those that only go on, by which the pace is kept.
 */
export function createPaces(clocks: Clocks): ImportPaces {
  return {
    listen: createPace(clocks, LISTENS_A_SECOND, LISTENS_AT_ONCE),
    look: createPace(clocks, LOOKS_A_SECOND),
    order: createPace(clocks, ACCOUNTS_A_SECOND),
  };
}

function createPace({ now, elapsed }: Clocks, aSecond: number, first = AT_ONCE): Pace {
  let atOnce = first;
  let free = 0;
  return (count) => {
    const soon = Math.min(atOnce, count);
    atOnce -= soon;
    const from = Math.max(free, elapsed());
    free = from + ((count - soon) * 1_000) / aSecond;
    const first = from - elapsed() + now();
    return (position) => (position < soon ? undefined : Math.ceil(first + ((position - soon) * 1_000) / aSecond));
  };
}
