/** Works on all of the list, `width` at a time. */
export async function inParallel<T>(
  width: number,
  list: readonly T[],
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  async function line(): Promise<void> {
    while (next < list.length) {
      const item = list[next] as T;
      next += 1;
      await work(item);
    }
  }
  await Promise.all(Array.from({ length: width }, line));
}
