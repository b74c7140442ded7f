import { eachInTurns } from '../../runtime/turns.ts';
import { differenceOf, type Image } from './book-image.ts';
import type { Plan } from './book-plan.ts';
import { PORTION } from './book-portions.ts';

/** One step of a write. After the last one the book is what was planned, and has its next version. */
export type Step = Plan & { last: boolean };

/**
 * A plan in steps. Each leaves a book that can be read and matched: first comes what is new, and then goes what is no more, so a writer that dies
 * between two of them has lost nothing of either book. A book that grows is split before, and one that shrinks is joined
 * after, when it has fewer entries.
 */
export async function* toSteps(plan: Plan, buckets: number): AsyncGenerator<Step> {
  const { before, after } = plan;
  if (before.held.size + after.held.size <= PORTION) return yield { ...plan, last: true };
  const present = Math.max(plan.buckets, buckets);
  if (present > buckets && before.held.size > 0) yield { ...plan, after: before, last: false };
  const { set, unset } = await differenceOf(before.held, after.held);
  const [added, cut] = [await without(after.uids, before.uids), await without(before.uids, after.uids)];
  for (const [some, records] of portions(set, added)) {
    const held = new Map(some.flatMap(([number]) => entryOf(before, number)));
    const images = {
      before: { held, uids: new Set<string>() },
      after: { held: new Map(some), uids: new Set(records) },
    };
    yield { ...plan, ...images, buckets: present, last: false };
  }
  for (const [some, records] of portions(unset, cut)) {
    const held = new Map(some.flatMap((number) => entryOf(before, number)));
    const images = { before: { held, uids: new Set(records) }, after: { held: new Map(), uids: new Set<string>() } };
    yield { ...plan, ...images, buckets: present, last: false };
  }
  yield { ...plan, before: after, last: true };
}

function entryOf({ held }: Image, number: string): [string, string][] {
  const value = held.get(number);
  return value === undefined ? [] : [[number, value]];
}

/** Both lists by portions, side by side. */
function* portions<A, B>(first: readonly A[], second: readonly B[]): Generator<[A[], B[]]> {
  for (let from = 0; from < Math.max(first.length, second.length); from += PORTION)
    yield [first.slice(from, from + PORTION), second.slice(from, from + PORTION)];
}

/** The records that are not among the others. */
export async function without(records: ReadonlySet<string>, others: ReadonlySet<string>): Promise<string[]> {
  const rest: string[] = [];
  await eachInTurns(records, (record) => {
    if (!others.has(record)) rest.push(record);
  });
  return rest;
}
