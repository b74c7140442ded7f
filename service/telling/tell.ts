import { randomUUID } from 'node:crypto';
import { type EventKind, takesTheWhole } from '../../domain/subscription/event-types.ts';
import {
  afterRefusal,
  asDoubt,
  type Doubt,
  friendOf,
  isUnsure,
  knownAfter,
  type NextFriends,
  type Step,
  stepsTo,
  type ToldSink,
  takenToKnow,
} from '../../domain/subscription/known.ts';
import { pauseOfRefused } from '../../domain/subscription/pauses.ts';
import type { Fence } from '../../store/base/fence.ts';
import type { Stores } from '../../store/stores.ts';
import type { TakenOne } from '../../store/subscription/sink-lines.ts';
import type { Noted, StoredTold } from '../../store/subscription/sink-work.ts';
import type { EventFacts } from './cloud-event.ts';
import type { TellingContext } from './context.ts';
import { dataOf } from './event-data.ts';
import { areAny, createFriendLine, friendNoted, inSlices } from './friend-line.ts';
import { toldNow } from './known-anew.ts';
import type { Look, Present } from './look.ts';
import type { Outcome } from './outcome.ts';

/** Milliseconds after which nothing is told of what was seen: a process may have stood still. */
const FRESH = 1_000;

/**
 * One run of a subscription's job. `post` sends an event; `mayTell`: whether the sink may be told one
 * more, by how many it has taken; `isStillSo`: whether the subscription and its grant are those of
 * the run; `overtaken`: another run has begun while that event was on its way.
 */
export type Telling = {
  subscription: string;
  kinds: readonly EventKind[];
  fence: Fence;
  look: Look;
  post(event: EventFacts): Promise<Outcome>;
  mayTell(taken: number): boolean;
  isStillSo(): Promise<boolean>;
  overtaken(id: string, late: Doubt): Promise<void>;
};

/**
 * How it ended with one subscriber: the sink knows all; or its turn is over (`later`); or it did not take an event; or another run
 * has begun; or it may be told no more; or the subscription, or its grant, is no longer the same, or
 * another run has begun while an event was on its way.
 */
export type Told = 'all' | 'later' | Exclude<Outcome, 'taken'> | 'overtaken' | 'enough' | 'changed';

/**
 * Tells a sink what has changed of one subscriber, event by event, in their order. Before each it is
 * noted that the sink may know it, with the event's id: who dies before the answer leaves a doubt,
 * and the same event is told again, or what holds by then. What nobody has asked for is noted only.
 * Everything is looked at anew before each event, so that nothing is told that was withdrawn meanwhile.
 * `until`: when others have their turn, in elapsed milliseconds; of who has more to be told it is told behind them.
 */
export async function tellOne(context: TellingContext, telling: Telling, one: TakenOne, until: number): Promise<Told> {
  const { stores, now, elapsed, stopped } = context;
  const { subscription, fence, look, kinds } = telling;
  const { id } = one;
  const line = createFriendLine(stores, subscription, kinds, id);
  const known = await toldNow(stores, subscription, fence, id);
  if (!known) return 'overtaken';
  let { told } = known;
  const { since } = known;
  for (;;) {
    const lookedAt = elapsed();
    const present = await look(id, now());
    const friends = await line.look(present?.whole ?? false, told.doubt);
    const silent = silently(kinds, told, present, friends.next);
    const step = silent.next;
    const value: ToldSink = step
      ? { known: silent.known, doubt: asDoubt(step, told.doubt, { id: randomUUID(), time: now() }) }
      : { known: silent.known };
    if (silent.anew || areAny(friends.silent) || JSON.stringify(value) !== JSON.stringify(told)) {
      const noted = silent.anew ? [{ anew: true }] : inSlices(friends.silent);
      const taken = await noteEach(stores, telling, id, { ...value, since }, noted);
      if (taken === undefined) return 'overtaken';
      if (step && !telling.mayTell(taken)) return 'enough';
    }
    if (silent.anew) {
      line.beginAnew();
      told = value;
      continue;
    }
    if (!step) {
      await stores.sinkWork.settle(subscription, one, present?.until);
      return 'all';
    }
    if (!(await telling.isStillSo())) {
      // Nothing was sent: of whom nothing may be told any more there is to be no doubt, either.
      await stores.sinkWork.note(subscription, fence, id, { ...told, since });
      await stores.sinkWork.putOff(subscription, one, now());
      return 'changed';
    }
    if (elapsed() - lookedAt > FRESH && !stopped.aborted) {
      told = value;
      continue;
    }
    const doubt = value.doubt as Doubt;
    const outcome = await telling.post(eventOf(telling, id, doubt, present, now()));
    const isTaken = outcome === 'taken';
    const { after, noted } = afterAnswer(outcome, step, value, told.doubt, present);
    const taken = await stores.sinkWork.note(subscription, fence, id, { ...after, since }, noted);
    if (taken === undefined) {
      await telling.overtaken(id, doubt);
      return 'changed';
    }
    if (!isTaken) {
      const pause = outcome === 'refused' ? pauseOfRefused(doubt.time, now()) : 0;
      await stores.sinkWork.putOff(subscription, one, now() + pause);
      return outcome;
    }
    told = after;
    line.told(step);
    if (!telling.mayTell(taken)) return 'enough';
    if (elapsed() < until) continue;
    // The rest is for the most part of the same kind. In this order: who dies in between leaves it in one of the lines.
    const rest = one.line === 'roll' ? 'roll' : 'due';
    await stores.sinkWork.ask(subscription, [id], now(), step.value === '' ? 'first' : rest);
    await stores.sinkWork.settle(subscription, one, undefined);
    return 'later';
  }
}

/** What is noted of the sink after that answer to the step in doubt. `before`: what was in doubt before it was sent. */
function afterAnswer(
  outcome: Outcome,
  step: Step,
  value: ToldSink,
  before: Doubt | undefined,
  present: Present | undefined,
): { after: ToldSink; noted: Noted } {
  if (outcome === 'taken') {
    const after = { known: knownAfter(value, step, present?.known) };
    return { after, noted: { taken: true, anew: step.side === 'there', ...friendNoted(step) } };
  }
  if (outcome !== 'refused') return { after: value, noted: {} };
  // A friend of whom it may have been told all the same: it has to be told that this one parts.
  const friend = isUnsure(step, before) ? friendOf(step) : undefined;
  return { after: afterRefusal(value, before), noted: friend === undefined ? {} : { come: [friend] } };
}

/** In as many steps; the count of the last one, or undefined for who was overtaken. */
async function noteEach(
  { sinkWork }: Stores,
  { subscription, fence }: Telling,
  id: string,
  value: StoredTold,
  each: readonly Noted[],
): Promise<number | undefined> {
  let taken: number | undefined;
  for (const noted of each) {
    taken = await sinkWork.note(subscription, fence, id, value, noted);
    if (taken === undefined) return undefined;
  }
  return taken;
}

/** What the sink is taken to know after all that it has not asked for, and the first step that it is to be told. `anew`: it is taken to know no friend. */
function silently(
  kinds: readonly EventKind[],
  told: ToldSink,
  present: Present | undefined,
  friends: NextFriends,
): { known: ToldSink['known']; anew: boolean; next: Step | undefined } {
  let { known } = told;
  let doubt = told.doubt;
  for (;;) {
    const [step] = stepsTo({ known, doubt }, present?.known, { ...friends, wider: present?.wider });
    if (!step || isWanted(kinds, step, present)) return { known, anew: false, next: step };
    if (doubt?.side === step.side) doubt = undefined;
    known = takenToKnow({ known }, step, present?.known);
    // Of which friends it is to be told then is another question.
    if (step.side === 'there') return { known, anew: true, next: undefined };
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
