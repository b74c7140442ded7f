import { takeTurns } from '../../runtime/turns.ts';

/** `{"<name>":[…]}` in pieces, an item at a time and in turns: there may be many, and each may be large. `more`: what stands beside the list. */
export async function* jsonList<T>(
  name: string,
  items: readonly T[],
  toJson: (item: T) => string = (item) => JSON.stringify(item),
  more: Record<string, string> = {},
): AsyncGenerator<string> {
  yield `{"${name}":[`;
  for (const [i, item] of items.entries()) {
    await takeTurns();
    yield i === 0 ? toJson(item) : `,${toJson(item)}`;
  }
  const beside = Object.entries(more).map(([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`);
  yield `]${beside.join('')}}`;
}
