/** The items in parts of `size`, in their order. */
export function inBatches<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

/**
 * Does the work for each of the items, `most` of them side by side, the first ones first. Begins no
 * more once one has failed. Returns those that are done, and the first failure.
 */
export async function sideBySide<T>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<void>,
): Promise<{ done: T[]; failure: { reason: unknown } | undefined }> {
  const [left, done]: [T[], T[]] = [[...items].reverse(), []];
  let failure: { reason: unknown } | undefined;

  async function lane(): Promise<void> {
    while (left.length > 0 && !failure) {
      const item = left.pop() as T;
      try {
        await work(item);
        done.push(item);
      } catch (reason) {
        failure ??= { reason };
      }
    }
  }

  await Promise.all(Array.from({ length: most }, lane));
  return { done, failure };
}
