import { inBatches } from '../../runtime/batches.ts';
import { takeTurns } from '../../runtime/turns.ts';

/**
 * Items that one command, or one script, is given where somebody outside decides how many there are: Redis serves nobody else meanwhile.
 */
export const SLICE = 500;

/** The items in slices of so many at most. */
export function slicesOf<T>(items: readonly T[], size: number = SLICE): T[][] {
  return inBatches(items, size);
}

/** Asks about the items slice by slice, without waiting for the answers in between, which are in the order of the items. */
export async function askSlices<T, Answer>(
  items: readonly T[],
  ask: (slice: T[]) => Promise<readonly Answer[]>,
  size: number = SLICE,
): Promise<Answer[]> {
  const asked: Promise<readonly Answer[]>[] = [];
  for (const slice of slicesOf(items, size)) {
    await takeTurns();
    const answers = ask(slice);
    // Waited for below, where one that fails before then is told.
    answers.catch(() => {});
    asked.push(answers);
  }
  return (await Promise.all(asked)).flat();
}
