import { LARGEST_BOOK, MOST_NUMBERS } from '../../domain/book/address-book.ts';
import type { NumberBudget } from '../../domain/book/number-budget.ts';
import { Fault } from '../../domain/fault.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import { newFence } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { unpackNumberKey } from '../base/partitions.ts';
import { GRACE } from '../due/due.ts';
import { dueOf } from '../due/makes-due.ts';
import { requireImageSize } from '../image/book-image.ts';
import { portionAmong } from '../image/book-portions.ts';
import { noSubscriber, readStanding, type Standing } from '../image/book-standing.ts';
import type { SourceFence } from '../image/source-fence.ts';
import { nextOf, toCommands } from './book-changes.ts';
import { COMMIT, packCommands } from './book-commands.ts';
import type { Plan } from './book-plan.ts';
import { resize } from './book-resize.ts';
import { toSteps } from './book-steps.ts';

/** `version`: one more with each change. `contacts`: how many the book holds. */
export type BookInfo = { version: number; contacts: number };

/** A book after it was written. `gone`: the numbers that it holds no more. */
export type Written = { info: BookInfo; gone: string[] };

/** Which book is to be written, and when. `source`: of a source's book, its name and the read that writes it. */
export type Write = { id: string; source?: SourceFence | undefined; ifVersion?: number | undefined; now: number };

/**
 * One optimistic attempt; undefined when another writer came between, or there is no plan as yet.
 * @throws Fault NOT_FOUND, FAILED_PRECONDITION when the book is not at `ifVersion` or the read of the source was overtaken, PAYLOAD_TOO_LARGE
 */
export async function tryWrite(
  redis: Redis,
  keys: Keys,
  budget: NumberBudget,
  { id, source, ifVersion, now }: Write,
  plan: (standing: Standing) => Promise<Plan | undefined>,
): Promise<Written | undefined> {
  const standing = await readStanding(redis, keys, id, source?.name, ifVersion);
  const planned = await plan(standing);
  if (!planned) return undefined;
  checkSize(planned);
  const places = placesOf(keys, id, source);
  const present = { ...standing };
  const writer = () => ({ version: present.version ?? '', writer: present.writing, fence: source?.fence }) as const;
  // A book that grows is split before, and one that shrinks is joined after, when it has fewer entries.
  if (planned.buckets > standing.buckets) await resize(redis, places, writer(), planned.buckets);
  for await (const step of toSteps(planned, portionAmong(standing.sources))) {
    const writing = step.last ? '' : newFence();
    const commands = await toCommands(present, { ...step, writing });
    if (commands.length === 0) continue;
    const outcome = await COMMIT.run(redis, places, {
      ...{ id, ...writer(), ...budget, now, stamp: newStamp(), dueAt: now + GRACE },
      commands: await packCommands(commands),
    });
    if (outcome === 'gone') throw noSubscriber();
    if (outcome === 'over') throw overtaken();
    if (outcome !== 'done') return undefined;
    if (step.last) present.version = nextOf(present);
    present.writing = writing;
  }
  if (planned.buckets < standing.buckets) await resize(redis, places, writer(), planned.buckets);
  const gone: string[] = [];
  await eachInTurns(planned.before.held.keys(), (number) => {
    if (!planned.after.held.has(number)) gone.push(unpackNumberKey(Buffer.from(number, 'latin1')));
  });
  return { info: { version: present.version ?? 0, contacts: planned.contacts }, gone };
}

function placesOf(keys: Keys, id: string, source: SourceFence | undefined) {
  return {
    record: keys.subscriber(id),
    book: keys.book(id, source?.name),
    held: keys.heldPart(id, source?.name),
    uids: keys.uidsPart(id, source?.name),
    dirtyNumbers: keys.dirtyNumbers(id),
    dueReconcile: dueOf(keys, 'book', id),
    declined: keys.declined(id),
    ...keys.books(id),
    ...keys.budget(id),
    source: source ? [keys.source(id, source.name)] : [],
  };
}

function overtaken(): Fault {
  return new Fault('FAILED_PRECONDITION', 'The source was replaced, removed or read anew while it was being read.');
}

function checkSize({ contacts, numbers, bytes }: Plan): void {
  requireImageSize(bytes);
  if (contacts > LARGEST_BOOK)
    throw new Fault('PAYLOAD_TOO_LARGE', `An address book holds at most ${LARGEST_BOOK} contacts; remove some first.`);
  if (numbers > MOST_NUMBERS)
    throw new Fault('PAYLOAD_TOO_LARGE', `An address book holds at most ${MOST_NUMBERS} numbers; remove some first.`);
}
