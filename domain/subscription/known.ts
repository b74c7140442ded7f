import type { EventKind } from './event-types.ts';

/**
 * What a sink may know of a subscriber, as far as it is compared: fingerprints, which tell nothing by
 * themselves. `tune`: empty for none. `friends`: their ids; empty where nobody asks for them.
 */
export type Known = { numbers: string; consent: string; tune: string; friends: readonly string[] };

/** One side of that: whether the subscriber is there at all, or one of its parts, or one friend (`friend <id>`). */
export type Side = 'there' | 'numbers' | 'consent' | 'tune' | `friend ${string}`;

/** One step from what a sink knows to what is. `value`: what it knows of that side afterwards; empty for nothing. */
export type Step = { side: Side; value: string; kind: EventKind };

/**
 * A step that is on its way, or after which the answer was never seen: the sink may know it or not. `id` and `time` (milliseconds
 * since the epoch): those of its event, which are the same if it has to be told again.
 */
export type Doubt = Step & { id: string; time: number };

/** What a sink was told of a subscriber; `known` is undefined when it was told nothing, or that it is gone. */
export type ToldSink = { known: Known | undefined; doubt?: Doubt | undefined };

/** A value that no side has. */
const UNKNOWN = '?';

/** The value of a friend who is there. */
const THERE = '1';

/**
 * What has to be told, in this order: a side of which nobody knows what the sink was told, whatever it
 * is now, then what must no longer be seen, then the rest.
 */
export function stepsTo(told: ToldSink, present: Known | undefined): Step[] {
  const steps = inOrder(told, present);
  const first = steps.find(({ side }) => side === told.doubt?.side);
  return first ? [first, ...steps.filter((step) => step !== first)] : steps;
}

function inOrder({ known, doubt }: ToldSink, present: Known | undefined): Step[] {
  if (!present) return known || doubt ? [{ side: 'there', value: '', kind: 'subscriber-removed' }] : [];
  // Its event tells both.
  const added: Step = { side: 'there', value: `${present.numbers} ${present.consent}`, kind: 'subscriber-added' };
  if (!known || doubt?.side === 'there') return [added];
  const differs = (side: Side, was: string, is: string) => was !== is || doubt?.side === side;
  const tune: Step[] = differs('tune', known.tune, present.tune)
    ? [{ side: 'tune', value: present.tune, kind: 'now-playing-changed' }]
    : [];
  const ends = present.tune === '';
  return [
    ...(ends ? tune : []),
    ...friendSteps(known.friends, present.friends, doubt),
    ...(differs('numbers', known.numbers, present.numbers)
      ? [{ side: 'numbers', value: present.numbers, kind: 'numbers-changed' } as const]
      : []),
    ...(differs('consent', known.consent, present.consent)
      ? [{ side: 'consent', value: present.consent, kind: 'consent-changed' } as const]
      : []),
    ...(ends ? [] : tune),
  ];
}

/** Those who part come first. */
function friendSteps(was: readonly string[], is: readonly string[], doubt: Doubt | undefined): Step[] {
  const [before, now] = [new Set(was), new Set(is)];
  const doubted = doubt?.side.startsWith('friend ') ? doubt.side.slice('friend '.length) : undefined;
  const gone = new Set(was.filter((id) => !now.has(id)));
  const come = new Set(is.filter((id) => !before.has(id)));
  if (doubted !== undefined) (now.has(doubted) ? come : gone).add(doubted);
  return [
    ...[...gone].map((id): Step => ({ side: `friend ${id}`, value: '', kind: 'friend-removed' })),
    ...[...come].map((id): Step => ({ side: `friend ${id}`, value: THERE, kind: 'friend-added' })),
  ];
}

/** What the sink knows after that step. The first event of a subscriber tells its numbers and its consent, too. */
export function knownAfter({ known }: ToldSink, step: Step, present: Known | undefined): Known | undefined {
  const { side, value } = step;
  if (side === 'there' || !known) return present && { ...present, tune: '', friends: [] };
  if (side === 'numbers' || side === 'consent' || side === 'tune') return { ...known, [side]: value };
  const id = side.slice('friend '.length);
  const others = known.friends.filter((friend) => friend !== id);
  return { ...known, friends: value === '' ? others : [...others, id] };
}

/** The friend whom a step is about. */
export function friendOf({ side }: Step): string | undefined {
  return side.startsWith('friend ') ? side.slice('friend '.length) : undefined;
}

/** The step's event: the same one as before where the same has to be told again. */
export function asDoubt(step: Step, doubt: Doubt | undefined, fresh: { id: string; time: number }): Doubt {
  const same = doubt !== undefined && doubt.side === step.side && doubt.value === step.value;
  return same ? doubt : { ...step, ...fresh };
}

/**
 * After an event that went out late, when another run had begun to tell more: whatever the event's side
 * is now has to be told, under another id. Of two sides in doubt that of the other run stays.
 */
export function mistrust({ known, doubt }: ToldSink, late: Doubt): ToldSink {
  const { side } = late;
  if (!known || !doubt || doubt.side === side || side === 'there') return { known, doubt: { ...late, value: UNKNOWN } };
  const isText = side === 'numbers' || side === 'consent' || side === 'tune';
  return { known: isText ? { ...known, [side]: UNKNOWN } : knownAfter({ known }, late, undefined), doubt };
}
