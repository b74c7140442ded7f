import { randomUUID } from 'node:crypto';
import { type EventKind, takesTheWhole } from '../../domain/subscription/event-types.ts';
import { asDoubt, type Doubt, knownAfter, type Step, stepsTo, type ToldSink } from '../../domain/subscription/known.ts';
import { pauseOfRefused } from '../../domain/subscription/pauses.ts';
import type { Fence } from '../../store/base/fence.ts';
import type { TakenOne } from '../../store/subscription/sink-work.ts';
import type { EventFacts } from './cloud-event.ts';
import type { SinkContext } from './context.ts';
import { dataOf } from './event-data.ts';
import { tellAnew } from './late.ts';
import type { createLook, Present } from './look.ts';
import type { Outcome } from './post.ts';

/** Milliseconds after which nothing is told of what was seen: a process may have stood still. */
const FRESH = 1_000;

/**
 * One run of a subscription's job. `post` sends an event; `mayTell`: whether the sink may be told one
 * more, by how many it has taken; `isStillSo`: whether the subscription and its grant are those of
 * the run.
 */
export type Telling = {
  subscription: string;
  kinds: readonly EventKind[];
  fence: Fence;
  look: ReturnType<typeof createLook>;
  post(event: EventFacts): Promise<Outcome>;
  mayTell(taken: number): boolean;
  isStillSo(): Promise<boolean>;
};

/**
 * How it ended with one subscriber: the sink knows all; or it did not take an event; or another run
 * has begun; or it may be told no more; or the subscription, or its grant, is no longer the same, or
 * another run has begun while an event was on its way.
 */
export type Told = 'all' | Exclude<Outcome, 'taken'> | 'overtaken' | 'enough' | 'changed';

/**
 * Tells a sink what has changed of one subscriber, event by event, in their order. Before each it is
 * noted that the sink may know it, with the event's id: who dies before the answer leaves a doubt,
 * and the same event is told again, or what holds by then. What nobody has asked for is noted only.
 * Everything is looked at anew before each event, so that nothing is told that was withdrawn meanwhile.
 */
export async function tellOne(context: SinkContext, telling: Telling, one: TakenOne): Promise<Told> {
  const { stores, now, stopped } = context;
  const { subscription, fence, look } = telling;
  const { id } = one;
  let told = await stores.sinkWork.told(subscription, id);
  for (;;) {
    const lookedAt = now();
    const present = await look(id, lookedAt);
    const silent = silently(telling, told, present);
    const step = silent.next;
    const value: ToldSink = step
      ? { known: silent.known, doubt: asDoubt(step, told.doubt, { id: randomUUID(), time: now() }) }
      : { known: silent.known };
    if (JSON.stringify(value) !== JSON.stringify(told)) {
      const taken = await stores.sinkWork.note(subscription, fence, id, value);
      if (taken === undefined) return 'overtaken';
      if (step && !telling.mayTell(taken)) return 'enough';
    }
    if (!step) {
      await stores.sinkWork.settle(subscription, one, present?.until);
      return 'all';
    }
    if (!(await telling.isStillSo())) {
      // Nothing was sent: of whom nothing may be told any more there is to be no doubt, either.
      await stores.sinkWork.note(subscription, fence, id, told);
      await stores.sinkWork.ask(subscription, [id], now());
      return 'changed';
    }
    if (now() - lookedAt > FRESH && !stopped.aborted) {
      told = value;
      continue;
    }
    const doubt = value.doubt as Doubt;
    const outcome = await telling.post(eventOf(telling, id, doubt, present, now()));
    const isTaken = outcome === 'taken';
    const after = isTaken ? { known: knownAfter(value, step, present?.known) } : value;
    const taken = await stores.sinkWork.note(subscription, fence, id, after, isTaken);
    if (taken === undefined) {
      await tellAnew(context, subscription, id, doubt);
      return 'changed';
    }
    if (outcome === 'refused') {
      await stores.sinkWork.settle(subscription, one, now() + pauseOfRefused(doubt.time, now()));
    } else if (!isTaken) await stores.sinkWork.ask(subscription, [id], now());
    if (!isTaken) return outcome;
    told = after;
    if (!telling.mayTell(taken)) return 'enough';
  }
}

/** What the sink is taken to know after all that it has not asked for, and the first step that it is to be told. */
function silently(
  { kinds }: Pick<Telling, 'kinds'>,
  told: ToldSink,
  present: Present | undefined,
): { known: ToldSink['known']; next: Step | undefined } {
  let { known } = told;
  let doubt = told.doubt;
  for (;;) {
    const [step] = stepsTo({ known, doubt }, present?.known);
    if (!step || isWanted(kinds, step, present)) return { known, next: step };
    if (doubt?.side === step.side) doubt = undefined;
    known = knownAfter({ known }, step, present?.known);
  }
}

/** Who reaches some of the numbers only hears of what is the subscriber's once no more than that it has ended. */
function isWanted(kinds: readonly EventKind[], { kind, value }: Step, present: Present | undefined): boolean {
  if (!kinds.includes(kind)) return false;
  return present === undefined || present.whole || !takesTheWhole(kind) || (kind !== 'consent-changed' && value === '');
}

function eventOf({ kinds }: Telling, id: string, doubt: Doubt, present: Present | undefined, now: number): EventFacts {
  return { id: doubt.id, kind: doubt.kind, time: doubt.time, subject: id, data: dataOf(doubt, present, kinds, now) };
}
