import { inBatches } from '../../runtime/batches.ts';

/**
 * Items that one command, or one script, is given where somebody outside decides how many there are: Redis serves nobody else meanwhile.
 */
export const SLICE = 500;

/** The items in slices of so many at most. */
export function slicesOf<T>(items: readonly T[], size: number = SLICE): T[][] {
  return inBatches(items, size);
}

/** Asks about the items slice by slice, all at the same time; the answers are in the order of the items. */
export async function askSlices<T, Answer>(
  items: readonly T[],
  ask: (slice: T[]) => Promise<readonly Answer[]>,
  size: number = SLICE,
): Promise<Answer[]> {
  return (await Promise.all(slicesOf(items, size).map(ask))).flat();
}
