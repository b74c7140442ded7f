import type { EventKind } from './event-types.ts';

/**
 * What a sink may know of a subscriber, as far as it is compared, friends apart (see `friend-changes`): fingerprints, which tell
 * nothing by themselves. `tune`: empty for none. `there`: only where nobody knows whether the sink knows the subscriber at all.
 */
export type Known = { numbers: string; consent: string; tune: string; there?: string };

/** One side of that: whether the subscriber is there at all, or one of its parts, or one friend (`friend <id>`). */
export type Side = 'there' | 'numbers' | 'consent' | 'tune' | `friend ${string}`;

/** One step from what a sink knows to what is. `value`: what it knows of that side afterwards; empty for nothing. */
export type Step = { side: Side; value: string; kind: EventKind };

/**
 * A step that is on its way, or after which the answer was never seen: the sink may know it or not. `id` and `time` (milliseconds
 * since the epoch): those of its event, which are the same if it has to be told again. `refused`: the sink has answered that it does
 * not take the event, so what else there is goes first.
 */
export type Doubt = Step & { id: string; time: number; refused?: true };

/** What a sink was told of a subscriber; `known` is undefined when it was told nothing, or that it is gone. */
export type ToldSink = { known: Known | undefined; doubt?: Doubt | undefined };

/** A value that no side has. */
const UNKNOWN = '?';

/** What is known of a sink that was told by data which Earshot has lost: not even whether it knows the subscriber. Everything is told. */
export const DOUBTED: ToldSink = {
  known: { there: UNKNOWN, numbers: UNKNOWN, consent: UNKNOWN, tune: UNKNOWN },
  doubt: { side: 'there', value: UNKNOWN, kind: 'subscriber-added', id: '', time: 0 },
};

/** The value of a friend who is there. */
const THERE = '1';

/** A friend of whom the sink is to be told next that it is none any more, and one that it is. One in doubt is always among them. */
export type NextFriends = { gone?: string | undefined; come?: string | undefined };

/** `wider`: the tune as the sink may know it, where fewer may see it now. */
type Beside = NextFriends & { wider?: readonly string[] | undefined };

/**
 * What has to be told, in this order: a side of which nobody knows what the sink was told, whatever it
 * is now, then what must no longer be seen, then the rest; of friends the next ones. What the sink has refused is last.
 */
export function stepsTo(told: ToldSink, present: Known | undefined, beside: Beside = {}): Step[] {
  const steps = inOrder(told, present, beside);
  const doubted = steps.find(({ side }) => side === told.doubt?.side);
  if (!doubted) return steps;
  const others = steps.filter((step) => step !== doubted);
  return told.doubt?.refused ? [...others, doubted] : [doubted, ...others];
}

function inOrder({ known, doubt }: ToldSink, present: Known | undefined, { gone, come, wider = [] }: Beside): Step[] {
  if (!present) return known || doubt ? [{ side: 'there', value: '', kind: 'subscriber-removed' }] : [];
  // Its event tells both.
  const added: Step = { side: 'there', value: `${present.numbers} ${present.consent}`, kind: 'subscriber-added' };
  const isInDoubt = doubt?.side === 'there';
  if (!known || (isInDoubt && !doubt.refused)) return [added];
  const changed = (side: 'numbers' | 'consent' | 'tune', kind: EventKind): Step[] =>
    known[side] !== present[side] || doubt?.side === side ? [{ side, value: present[side], kind }] : [];
  const tune = changed('tune', 'now-playing-changed');
  const ends = present.tune === '' || wider.includes(known.tune);
  const parts: Step[] =
    gone === undefined ? [] : [{ side: `friend ${gone}`, value: '', kind: 'friend-removed' } as const];
  // Who refuses to be told of the subscriber may know it: what is to be seen no more does not wait for that.
  if (isInDoubt || known.there !== undefined) return [...(ends ? tune : []), ...parts, added, ...(ends ? [] : tune)];
  return [
    ...(ends ? tune : []),
    ...changed('consent', 'consent-changed'),
    ...parts,
    ...changed('numbers', 'numbers-changed'),
    ...(ends ? [] : tune),
    ...(come === undefined ? [] : [{ side: `friend ${come}`, value: THERE, kind: 'friend-added' } as const]),
  ];
}

/** What the sink knows after that step, friends apart. The first event of a subscriber tells its numbers and its consent, too. */
export function knownAfter({ known }: ToldSink, { side, value }: Step, present: Known | undefined): Known | undefined {
  if (side === 'there' || !known) return present && { ...present, tune: known?.tune === UNKNOWN ? UNKNOWN : '' };
  return side === 'numbers' || side === 'consent' || side === 'tune' ? { ...known, [side]: value } : known;
}

/** The same after a step of which nobody has told the sink: of what it may know otherwise it is still to be told. */
export function takenToKnow(told: ToldSink, step: Step, present: Known | undefined): Known | undefined {
  const known = knownAfter(told, step, present);
  if (step.side !== 'there' || !known) return known;
  const { numbers, consent } = told.known ?? known;
  return {
    ...known,
    ...(numbers === UNKNOWN ? { numbers } : {}),
    ...(consent === UNKNOWN ? { consent } : {}),
  };
}

/** The friend whom a step is about. */
export function friendOf({ side }: Pick<Step, 'side'>): string | undefined {
  return side.startsWith('friend ') ? side.slice('friend '.length) : undefined;
}

/** The step's event: the same one as before where the same has to be told again, by which it is as much in doubt as a new one. */
export function asDoubt(step: Step, doubt: Doubt | undefined, fresh: { id: string; time: number }): Doubt {
  const same = doubt !== undefined && doubt.side === step.side && doubt.value === step.value;
  if (!same) return { ...step, ...fresh };
  const { refused: _, ...again } = doubt;
  return again;
}

/** Whether the sink may know something else of the event's side than what is noted, although it refuses the event: an earlier answer was never seen. */
export function isUnsure({ side }: Step, before: Doubt | undefined): boolean {
  return before?.side === side && !before.refused;
}

/**
 * After the sink has refused the event in doubt; `before`: what was in doubt when it was sent. Another step may take its place, so of a
 * side of which the sink may know something else it is noted that nobody knows it.
 */
export function afterRefusal({ known, doubt }: ToldSink, before: Doubt | undefined): ToldSink {
  if (!doubt) return { known };
  const refused = { ...doubt, refused: true } as const;
  if (known && doubt.side === 'there') return { known: { ...known, there: UNKNOWN }, doubt: refused };
  const isPart = known !== undefined && doubt.side in known;
  return { known: isPart && isUnsure(doubt, before) ? { ...known, [doubt.side]: UNKNOWN } : known, doubt: refused };
}

/**
 * After an event that went out late, when another run had begun to tell more: whatever the event's side
 * is now has to be told, under another id. Of two sides in doubt that of the other run stays; of a late friend the sink then knows
 * what the event has said.
 */
export function mistrust({ known, doubt }: ToldSink, late: Doubt): ToldSink {
  const { side } = late;
  if (!known || !doubt || doubt.side === side || side === 'there') return { known, doubt: { ...late, value: UNKNOWN } };
  return { known: friendOf(late) === undefined ? { ...known, [side]: UNKNOWN } : known, doubt };
}
