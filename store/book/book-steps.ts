import { eachInTurns } from '../../runtime/turns.ts';
import { differenceOf, type Image } from '../image/book-image.ts';
import { bytesIn, type Plan } from './book-plan.ts';

/** A step ends with the label that brings it to this many bytes. */
const STEP_BYTES = 256 * 1024;

/** One step of a write. After the last one the book is what was planned, and has its next version. */
export type Step = Plan & { last: boolean };

/**
 * A plan in steps. Each leaves a book that can be read and matched: first comes what is new, and then goes what is no more, so a writer that dies
 * between two of them has lost nothing of either book. `most`: entries of one step.
 */
export async function* toSteps(plan: Plan, most: number): AsyncGenerator<Step> {
  const { before, after } = plan;
  if (before.held.size + after.held.size <= most && bytesIn(after) <= STEP_BYTES) return yield { ...plan, last: true };
  const { set, unset } = await differenceOf(before.held, after.held);
  const [added, cut] = [await without(after.uids, before.uids), await without(before.uids, after.uids)];
  for (const [some, records] of portions(set, added, most)) {
    const held = new Map(some.flatMap(([number]) => entryOf(before, number)));
    const images = {
      before: { held, uids: new Set<string>() },
      after: { held: new Map(some), uids: new Set(records) },
    };
    yield { ...plan, ...images, last: false };
  }
  for (const [some, records] of portions(unset, cut, most)) {
    const held = new Map(some.flatMap((number) => entryOf(before, number)));
    const images = { before: { held, uids: new Set(records) }, after: { held: new Map(), uids: new Set<string>() } };
    yield { ...plan, ...images, last: false };
  }
  yield { ...plan, before: after, last: true };
}

function entryOf({ held }: Image, number: string): [string, string][] {
  const value = held.get(number);
  return value === undefined ? [] : [[number, value]];
}

/** Both lists by portions, side by side: of so many, and of so many bytes of the first. */
function* portions<A extends string | [string, string], B>(
  first: readonly A[],
  second: readonly B[],
  most: number,
): Generator<[A[], B[]]> {
  for (let [at, from] = [0, 0]; at < first.length || from < second.length; from += most) {
    const some: A[] = [];
    for (let bytes = 0; some.length < most && bytes < STEP_BYTES && at < first.length; at += 1) {
      const one = first[at] as A;
      some.push(one);
      bytes += typeof one === 'string' ? one.length : one[1].length;
    }
    yield [some, second.slice(from, from + most)];
  }
}

/** The records that are not among the others. */
export async function without(records: ReadonlySet<string>, others: ReadonlySet<string>): Promise<string[]> {
  const rest: string[] = [];
  await eachInTurns(records, (record) => {
    if (!others.has(record)) rest.push(record);
  });
  return rest;
}
