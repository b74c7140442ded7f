import { LARGEST_BOOK, MOST_NUMBERS } from '../../domain/book/address-book.ts';
import type { NumberBudget } from '../../domain/book/number-budget.ts';
import { Fault } from '../../domain/fault.ts';
import type { Redis } from '../../runtime/redis.ts';
import { eachInTurns, takeTurns } from '../../runtime/turns.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { PACKED_BYTES, unpackNumberKey } from '../base/partitions.ts';
import { allBuckets, byBucket } from './book-buckets.ts';
import { type Difference, differenceOf, RECORD_BYTES, requireImageSize } from './book-image.ts';
import { noSubscriber, type Plan, readStanding, type Standing } from './book-plan.ts';
import { type Step, toSteps, without } from './book-steps.ts';
import { BUDGET } from './budget-script.ts';
import { FORGIVE } from './forgiving.ts';

export type BookInfo = { version: number; contacts: number };

/** A book after it was written. `gone`: the numbers that it holds no more. */
export type Written = { info: BookInfo; gone: string[] };

/** A source's book may be written only while this lease on it holds: it ends when the source is replaced, removed, or read anew. */
export type SourceLease = { name: string; lease: string };

/** Which book is to be written, and when. */
export type Write = { id: string; source?: SourceLease | undefined; ifVersion?: number | undefined; now: number };

/**
 * A Redis command whose key is under the subscriber's hash tag, in strings of bytes; or `RECORDS` (key, records to cut, records to add,
 * both packed); or `FORGIVE` (key, the books, numbers that leave this one); or, in this order, `CAME` (`keys.budget`, id, first, daily,
 * now, this book's `held`, the books, packed numbers that come), `MARK` (key, stamp, packed numbers: those that wait get no mark) and
 * `LEFT` (a key, packed numbers that leave this book).
 */
type Command = [name: string, key: string, ...args: string[]];

/** Of a length in front of what it tells the length of. */
const LENGTH_BYTES = 4;
/** Pairs of a field and its value in one command: Lua can take a few thousand arguments at once. */
const BATCH = 1_000;

/**
 * KEYS: subscriber, book, and of a source's book the source. ARGV: the version that the commands were made for (empty: none), and the writer;
 * the commands, packed: a count of words, then each word after its length, four bytes each; and the lease.
 */
const COMMIT = `${FORGIVE}${BUDGET}
local run, b, others = {}, nil, nil
function run.RECORDS(key, cut, add)
  local gone, kept = {}, {}
  for at = 1, #cut, ${RECORD_BYTES} do gone[string.sub(cut, at, at + ${RECORD_BYTES - 1})] = true end
  local list = redis.call('GET', key) or ''
  for at = 1, #list, ${RECORD_BYTES} do
    local record = string.sub(list, at, at + ${RECORD_BYTES - 1})
    if not gone[record] then kept[#kept + 1] = record end
  end
  list = table.concat(kept) .. add
  return list == '' and redis.call('DEL', key) or redis.call('SET', key, list)
end
function run.FORGIVE(key, own, held, sources, ofSource, heldOfSource, ...)
  local gone = {}
  for _, number in ipairs({ ... }) do gone[number] = true end
  forgive(key, gone, own, held, sources, ofSource, heldOfSource)
end
function run.CAME(budget, asked, waiting, refill, id, first, daily, now, held, own, heldOfOwn, sources, ofSource, heldOfSource, packed)
  b = openBudget(budget, asked, waiting, refill, id, first, daily, now)
  others = otherBooks(held, own, heldOfOwn, sources, ofSource, heldOfSource)
  came(b, others, packed)
end
function run.MARK(key, stamp, packed)
  local marks = {}
  for at = 1, #packed, ${PACKED_BYTES} do
    local number = string.sub(packed, at, at + ${PACKED_BYTES - 1})
    if not isWaiting(b, number) then
      marks[#marks + 1] = number
      marks[#marks + 1] = stamp
    end
    if #marks >= ${2 * BATCH} or #marks > 0 and at + ${PACKED_BYTES} > #packed then
      redis.call('HSET', key, unpack(marks))
      marks = {}
    end
  end
end
function run.LEFT(_, packed)
  for at = 1, #packed, ${PACKED_BYTES} do left(b, others, string.sub(packed, at, at + ${PACKED_BYTES - 1})) end
  closeBudget(b)
end
if redis.call('HGET', KEYS[1], 'state') ~= 'active' then return 'gone' end
if KEYS[3] and redis.call('HGET', KEYS[3], 'lease') ~= ARGV[4] then return 'over' end
local standing = redis.call('HMGET', KEYS[2], 'version', 'writing')
if (standing[1] or '') ~= ARGV[1] or (standing[2] or '') ~= ARGV[2] then return 'changed' end
local packed, at = ARGV[3], 1
while at <= #packed do
  local words, count = {}, struct.unpack('>I4', packed, at)
  at = at + 4
  for i = 1, count do words[i], at = struct.unpack('>I4c0', packed, at) end
  if run[words[1]] then run[words[1]](unpack(words, 2)) else redis.call(unpack(words)) end
end
return 'done'`;

/**
 * One optimistic attempt; undefined when another writer came between.
 * @throws Fault NOT_FOUND, FAILED_PRECONDITION when the book is not at `ifVersion` or the lease is over, PAYLOAD_TOO_LARGE
 */
export async function tryWrite(
  redis: Redis,
  keys: Keys,
  budget: NumberBudget,
  { id, source, ifVersion, now }: Write,
  plan: (standing: Standing) => Promise<Plan>,
): Promise<Written | undefined> {
  const standing = await readStanding(redis, keys, id, source?.name, ifVersion);
  const planned = await plan(standing);
  checkSize(planned);
  const present = { ...standing };
  for await (const step of toSteps(planned, standing.buckets)) {
    const writing = step.last ? '' : newStamp();
    const commands = await toCommands(keys, budget, present, { ...step, writing }, now);
    if (commands.length === 0) continue;
    const outcome = await redis.eval(COMMIT, {
      keys: [keys.subscriber(id), keys.book(id, source?.name), ...(source ? [keys.source(id, source.name)] : [])],
      arguments: [`${present.version ?? ''}`, present.writing, (await pack(commands)) as never, source?.lease ?? ''],
    });
    if (outcome === 'gone') throw noSubscriber();
    if (outcome === 'over') throw leaseOver();
    if (outcome !== 'done') return undefined;
    if (step.last) present.version = nextOf(present);
    Object.assign(present, { writing, buckets: step.buckets });
  }
  const { unset } = await differenceOf(planned.before.held, planned.after.held);
  return {
    info: { version: present.version ?? 0, contacts: planned.contacts },
    gone: unset.map((number) => unpackNumberKey(Buffer.from(number, 'latin1'))),
  };
}

function nextOf({ version }: Standing): number {
  return (version ?? 0) + 1;
}

function leaseOver(): Fault {
  return new Fault('FAILED_PRECONDITION', 'The source was replaced, removed or read anew while it was being read.');
}

/** One argument, however many words: the client hands arguments on by the stack. */
async function pack(commands: readonly Command[]): Promise<Buffer> {
  let length = 0;
  await eachInTurns(commands, (words) => {
    length += LENGTH_BYTES;
    for (const word of words) length += LENGTH_BYTES + word.length;
  });
  const packed = Buffer.allocUnsafe(length);
  let at = 0;
  await eachInTurns(commands, (words) => {
    at = packed.writeUInt32BE(words.length, at);
    for (const word of words) {
      at = packed.writeUInt32BE(word.length, at);
      at += packed.write(word, at, 'latin1');
    }
  });
  return packed;
}

function checkSize({ contacts, numbers, bytes }: Plan): void {
  requireImageSize(bytes);
  if (contacts > LARGEST_BOOK)
    throw new Fault('PAYLOAD_TOO_LARGE', `An address book holds at most ${LARGEST_BOOK} contacts; remove some first.`);
  if (numbers > MOST_NUMBERS)
    throw new Fault('PAYLOAD_TOO_LARGE', `An address book holds at most ${MOST_NUMBERS} numbers; remove some first.`);
}

/** The commands of a step; none when nothing differs, which leaves the version as it is. */
async function toCommands(
  keys: Keys,
  budget: NumberBudget,
  standing: Standing,
  { before, after, contacts, numbers, bytes, buckets, last, writing }: Step & { writing: string },
  now: number,
): Promise<Command[]> {
  const { id, source, version } = standing;
  const held = await differenceOf(before.held, after.held);
  const [cut, added] = [await without(before.uids, after.uids), await without(after.uids, before.uids)];
  const split = buckets !== standing.buckets;
  const same = isEmpty(held) && cut.length + added.length === 0 && !split;
  if (same && !(last && (version === null || contacts !== standing.contacts || standing.writing !== ''))) return [];
  const sizes = last
    ? { version: nextOf(standing), contacts, numbers, bytes }
    : {
        writing,
        contacts: Math.max(contacts, standing.contacts),
        numbers: Math.max(numbers, standing.numbers),
        bytes: Math.max(bytes, standing.bytes ?? 0),
      };
  const fields = Object.entries({ ...sizes, buckets }).flatMap(([name, value]) => [name, `${value}`]);
  const commands: Command[] = [['HSET', keys.book(id, source), ...fields]];
  if (last && standing.writing !== '') commands.push(['HDEL', keys.book(id, source), 'writing']);
  const heldOf = (bucket: number) => keys.held(id, bucket, source);
  const uidsOf = (bucket: number) => keys.uids(id, bucket, source);
  if (split)
    for (const bucket of allBuckets(standing.buckets)) commands.push(['UNLINK', heldOf(bucket), uidsOf(bucket)]);
  commands.push(...(await toWrites(heldOf, buckets, split ? { set: [...after.held], unset: [] } : held)));
  const records = split ? { cut: [], added: [...after.uids] } : { cut, added };
  commands.push(...(await toRecords(uidsOf, buckets, records.cut, records.added)));
  const came = held.set.flatMap(([number]) => (before.held.has(number) ? [] : [number]));
  await takeTurns();
  commands.push(...toMarks(keys, budget, { id, book: keys.heldPart(id, source), came, ...held, now }));
  return commands;
}

async function toWrites(
  keyOf: (bucket: number) => string,
  buckets: number,
  { set, unset }: Difference,
): Promise<Command[]> {
  const commands: Command[] = [];
  await takeTurns();
  for (const [bucket, part] of byBucket(unset, buckets, (field) => field))
    for (const some of batches(part)) commands.push(['HDEL', keyOf(bucket), ...some]);
  await takeTurns();
  const parts = byBucket(set, buckets, ([field]) => field);
  await eachInTurns(parts, ([bucket, part]) => {
    for (const some of batches(part)) commands.push(['HSET', keyOf(bucket), ...some.flat()]);
  });
  return commands;
}

async function toRecords(
  keyOf: (bucket: number) => string,
  buckets: number,
  cut: readonly string[],
  added: readonly string[],
): Promise<Command[]> {
  await takeTurns();
  const [cuts, adds] = [cut, added].map((records) => byBucket(records, buckets, (record) => record)) as [Parts, Parts];
  return [...new Set([...cuts.keys(), ...adds.keys()])].map((bucket) => [
    'RECORDS',
    keyOf(bucket),
    (cuts.get(bucket) ?? []).join(''),
    (adds.get(bucket) ?? []).join(''),
  ]);
}

type Parts = Map<number, string[]>;

type Marking = Difference & { id: string; book: string; came: readonly string[]; now: number };

/**
 * Charges the numbers that come, and marks every number whose holder or label differs: the reconciliation has to look at it, unless it
 * waits. `book`: what stands before the book's buckets.
 */
function toMarks(keys: Keys, { first, daily }: NumberBudget, { id, book, came, set, unset, now }: Marking): Command[] {
  const touched = [...set.map(([number]) => number), ...unset];
  if (touched.length === 0) return [];
  const [budget, ...others] = keys.budget(id);
  const account = [...others, id, `${first}`, `${daily}`, `${now}`, book, ...keys.books(id)];
  return [
    ...batches(unset).map((some): Command => ['FORGIVE', keys.declined(id), ...keys.books(id), ...some]),
    ['CAME', budget, ...account, came.join('')],
    ['MARK', keys.dirtyNumbers(id), newStamp(), touched.join('')],
    ['LEFT', budget, unset.join('')],
    ['ZADD', keys.due('reconcile', id), `${now + GRACE}`, id],
  ];
}

function batches<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, i) => items.slice(i * BATCH, (i + 1) * BATCH));
}

function isEmpty({ set, unset }: Difference): boolean {
  return set.length + unset.length === 0;
}
