import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import type { Standing } from '../image/book-standing.ts';

/** Milliseconds between two looks at a book that is being written. */
const PAUSE = 100;
/** Looks at a book without a step of its writer, after which it is taken for dead. */
const LOOKS = 10;

/**
 * Waits until the writer who is between two steps has done the next one. Single contacts are not
 * changed meanwhile: the book is partly the former one and partly the next, and what would come of a
 * change is neither.
 * @throws Fault CONFLICT when nothing comes, as the writer has died
 */
export async function awaitStep(redis: Redis, keys: Keys, { id, source, writing }: Standing): Promise<void> {
  for (let look = 0; look < LOOKS; look += 1) {
    await pause(PAUSE);
    if (((await redis.hGet(keys.book(id, source), 'writing')) ?? '') !== writing) return;
  }
  throw new Fault(
    'CONFLICT',
    'This address book is being written, or that was cut off half-way. Try again in a moment; if it is refused again, upload the whole book with PUT, or DELETE it.',
  );
}
