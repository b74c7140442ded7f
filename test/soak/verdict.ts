import { type Collections, grown } from './collections.ts';
import type { Sizes } from './sizes.ts';

/** By how much a size may grow from one cycle to the next: bytes where nothing else is said. */
const GROWTH: readonly [RegExp, number][] = [
  // Compiled code, and what is known of it, still grows by a third of that after a hundred people.
  [/: bytes$/, 150_000],
  [/: (waiting|descriptors)$/, 0.25],
  // Of a trail the settings say how long it becomes; who has gone, and what has changed, is known for 31 days.
  [/^Redis: .*(\{audit\}|:gone|:changes)/, Number.POSITIVE_INFINITY],
  // Each process tells its own, and larger numbers are longer.
  [/^Redis: .*:metrics$/, 4_000],
  [/^Redis: /, 30],
];

/** What may become more for a while, as it stands in its file for how long, and how many at most. */
const FOR_A_WHILE = [/<timeZones>/];

/** `each`: after one cycle more each time, the warm-up left out. What has grown steadily, and by how much. */
export function grownSizes(each: readonly Sizes[]): string[] {
  const names = [...new Set(each.flatMap((sizes) => Object.keys(sizes)))];
  return names.flatMap((name) => {
    const slope = slopeOf(each.map((sizes) => sizes[name] ?? 0));
    const [, most] = GROWTH.find(([pattern]) => pattern.test(name)) ?? [];
    return slope > (most ?? 0) ? [`${name} grows by ${slope.toFixed(1)} a cycle`] : [];
  });
}

/** `heaps`: of one process, so many cycles apart. Which of its collections had an entry more for each cycle. */
export function grownCollections(heaps: readonly Collections[], cycles: number): string[] {
  return grown(heaps, cycles)
    .filter(({ held }) => !FOR_A_WHILE.some((pattern) => pattern.test(held)))
    .map(({ held, entries }) => `${entries.join(', ')} entries: ${held}`);
}

/** The median of the slopes between any two (Theil and Sen): one cycle that is odd counts for nothing. */
function slopeOf(values: readonly number[]): number {
  const slopes = values.flatMap((value, i) => values.slice(i + 1).map((later, j) => (later - value) / (j + 1)));
  return slopes.sort((a, b) => a - b)[Math.floor(slopes.length / 2)] ?? 0;
}
