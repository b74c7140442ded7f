/**
 * What `work` makes of each item, in their order, each as soon as it and those before are there. Up to `width` are under way at
 * once. An error comes in its turn, that of the source after all that was begun; whoever stops early waits for what is under way.
 */
export async function* inOrder<Item, Result>(
  source: AsyncIterable<Item>,
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const items = source[Symbol.asyncIterator]();
  const underWay: Promise<Result>[] = [];
  let coming: Promise<IteratorResult<Item>> | undefined = quietly(items.next());
  try {
    while (coming || underWay.length > 0) {
      const [oldest] = underWay;
      const mayTake = coming !== undefined && underWay.length < width;
      if (oldest && !(mayTake && (await settlesBefore(coming, oldest)))) {
        underWay.shift();
        yield await oldest;
        continue;
      }
      const next = await coming;
      coming = undefined;
      if (!next || next.done) continue;
      underWay.push(quietly(work(next.value)));
      coming = quietly(items.next());
    }
  } finally {
    items.return?.().catch(() => {});
    await Promise.allSettled(underWay);
  }
}

/** An item that has come, not an error, which waits for all that was begun. */
async function settlesBefore(coming: Promise<unknown> | undefined, oldest: Promise<unknown>): Promise<boolean> {
  const finished = oldest.then(
    () => false,
    () => false,
  );
  const came = coming?.then(
    () => true,
    () => finished,
  );
  return Promise.race([finished, came ?? finished]);
}

/** An error that is met later, or by nobody any more. */
function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
