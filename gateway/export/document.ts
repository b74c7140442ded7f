import type { Grant } from '../../domain/access/grant.ts';
import { takeTurns } from '../../runtime/turns.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import { toTime } from './section.ts';
import { SECTIONS } from './sections.ts';

const NOTE =
  'Phone numbers in address books are kept as keyed hashes (HMAC-SHA-256, cut to 72 bits) only, which nobody but the operator can tell the number of: they stand here as numberHash. Of tokens and passwords hashes or sealed texts are kept, which are not given out. The audit trail knows the subscriber by a keyed hash of its id.';

/** The JSON document as text, piece by piece: photos and long books never stand in memory as a whole. */
export async function* writeExport(
  context: Context,
  subscriber: Subscriber,
  grant: Pick<Grant, 'ranges'>,
): AsyncGenerator<string> {
  yield `{"generatedAt":${JSON.stringify(toTime(context.now()))},"note":${JSON.stringify(NOTE)}`;
  for (const { name, read } of SECTIONS) {
    yield `,"${name}":`;
    const part = read(context, subscriber, grant);
    const whole = Symbol.asyncIterator in part ? part : await part;
    if (isList(whole)) yield* writeList(whole);
    else yield JSON.stringify(whole);
  }
  yield '}';
}

function isList(part: unknown): part is Iterable<unknown> | AsyncIterable<unknown> {
  return Array.isArray(part) || (typeof part === 'object' && part !== null && Symbol.asyncIterator in part);
}

async function* writeList(items: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<string> {
  let before = '[';
  for await (const item of items) {
    await takeTurns();
    yield `${before}${JSON.stringify(item)}`;
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}
