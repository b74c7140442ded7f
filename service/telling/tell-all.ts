import type { EventFacts } from './cloud-event.ts';
import type { TellingContext } from './context.ts';
import { type Telling, type Told, tellOne } from './tell.ts';

/** Events about as many subscribers, and none taken in between, that a sink refuses which takes nothing at present. */
const MANY_REFUSED = 8;
/** Milliseconds after which a run gives way, and is asked for again. */
const LONGEST_RUN = 5_000;
/** Milliseconds after which of one subscriber no more is told before the others. */
const LONGEST_TURN = 1_000;

/** Tells of all who wait, up to `most` side by side, until nobody does, or something is wrong. `careful`: the first is tried alone. */
export async function tellAll(
  context: TellingContext,
  telling: Telling,
  careful: boolean,
  most: number,
): Promise<Told | 'more'> {
  const { stores, stopped, now, elapsed } = context;
  const until = elapsed() + LONGEST_RUN;
  let refused = 0;
  const post = async (event: EventFacts) => {
    const outcome = await telling.post(event);
    refused = outcome === 'refused' ? refused + 1 : 0;
    return outcome;
  };
  let count = careful ? 1 : most;
  while (!stopped.aborted && elapsed() < until) {
    const some = await stores.sinkWork.take(telling.subscription, now(), count);
    if (some.length === 0) return 'all';
    const turn = Math.min(until, now() + LONGEST_TURN);
    const outcomes = await allEnded(some.map((one) => tellOne(context, { ...telling, post }, one, turn)));
    const [worst = 'all'] = outcomes.sort(byGravity);
    const goesOn = worst === 'all' || worst === 'later' || (worst === 'refused' && refused < MANY_REFUSED);
    if (!goesOn) return worst;
    count = most;
  }
  return stopped.aborted ? 'all' : 'more';
}

/** What each came to, when all have ended: none goes on beside the next run. @throws what the first of those that failed threw */
async function allEnded<T>(under: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(under);
  return Promise.all(under);
}

const GRAVITY: readonly Told[] = [
  'overtaken',
  'changed',
  'gone',
  'enough',
  'unreachable',
  'failed',
  'refused',
  'later',
  'all',
];

function byGravity(a: Told, b: Told): number {
  return GRAVITY.indexOf(a) - GRAVITY.indexOf(b);
}
