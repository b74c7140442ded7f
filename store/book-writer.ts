import { LARGEST_BOOK, MOST_NUMBERS } from '../domain/address-book.ts';
import { Fault } from '../domain/fault.ts';
import type { Redis } from '../runtime/redis.ts';
import { allBuckets, bucketsFor, byBucket } from './book-buckets.ts';
import { type Difference, differenceOf } from './book-image.ts';
import { noSubscriber, type Plan, readStanding, type Standing } from './book-plan.ts';
import { GRACE } from './due.ts';
import { FORGIVE } from './forgiving.ts';
import type { Keys } from './keys.ts';
import { newStamp } from './marks.ts';

export type BookInfo = { version: number; contacts: number };

/** A Redis command, or `FORGIVE` (key, number keys that leave), whose key is under the subscriber's hash tag. */
type Command = [name: string, key: string, ...args: string[]];

/** Pairs of a field and its value in one command: Lua can take a few thousand arguments at once. */
const BATCH = 1_000;

/**
 * KEYS: subscriber, book. ARGV: the version that the commands were made for (empty: none), and the commands, packed: a
 * count of words, then each word after its length, four bytes each.
 */
const COMMIT = `${FORGIVE}
local function run(words)
  if words[1] ~= 'FORGIVE' then return redis.call(unpack(words)) end
  local gone = {}
  for i = 3, #words do gone[words[i]] = true end
  forgive(words[2], gone)
end
if redis.call('HGET', KEYS[1], 'state') ~= 'active' then return 'gone' end
if (redis.call('HGET', KEYS[2], 'version') or '') ~= ARGV[1] then return 'changed' end
local packed, at = ARGV[2], 1
while at <= #packed do
  local words, count = {}, struct.unpack('>I4', packed, at)
  at = at + 4
  for i = 1, count do words[i], at = struct.unpack('>I4c0', packed, at) end
  run(words)
end
return 'done'`;

/**
 * One optimistic attempt; undefined when another writer came between.
 * @throws Fault NOT_FOUND, FAILED_PRECONDITION when the book is not at `ifVersion`, PAYLOAD_TOO_LARGE
 */
export async function tryWrite(
  redis: Redis,
  keys: Keys,
  id: string,
  ifVersion: number | undefined,
  now: number,
  plan: (standing: Standing) => Promise<Plan>,
): Promise<BookInfo | undefined> {
  const standing = await readStanding(redis, keys, id, ifVersion);
  const planned = await plan(standing);
  checkSize(planned);
  const { version, commands } = toCommands(keys, standing, planned, now);
  const outcome = await redis.eval(COMMIT, {
    keys: [keys.subscriber(id), keys.book(id)],
    arguments: [`${standing.version ?? ''}`, pack(commands) as never],
  });
  if (outcome === 'gone') throw noSubscriber();
  return outcome === 'done' ? { version, contacts: planned.contacts } : undefined;
}

/** One argument, however many words: the client hands arguments on by the stack. */
function pack(commands: readonly Command[]): Buffer {
  return Buffer.concat(commands.flatMap((words) => [lengthOf(words.length), ...words.flatMap(packWord)]));
}

function packWord(word: string): Buffer[] {
  const bytes = Buffer.from(word);
  return [lengthOf(bytes.length), bytes];
}

function lengthOf(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(length);
  return bytes;
}

function checkSize({ contacts, numbers }: Plan): void {
  if (contacts > LARGEST_BOOK)
    throw new Fault('PAYLOAD_TOO_LARGE', `An address book holds at most ${LARGEST_BOOK} contacts; remove some first.`);
  if (numbers > MOST_NUMBERS)
    throw new Fault('PAYLOAD_TOO_LARGE', `An address book holds at most ${MOST_NUMBERS} numbers; remove some first.`);
}

/** The commands that bring the book to what is planned; none, and the same version, when nothing differs. */
function toCommands(
  keys: Keys,
  { id, version, contacts: present, buckets }: Standing,
  { before, after, contacts, numbers, whole }: Plan,
  now: number,
): { version: number; commands: Command[] } {
  const held = differenceOf(before.held, after.held);
  const uids = differenceOf(before.uids, after.uids);
  if (version !== null && contacts === present && isEmpty(held) && isEmpty(uids)) return { version, commands: [] };
  const next = (version ?? 0) + 1;
  const wanted = whole ? bucketsFor(contacts, buckets) : buckets;
  const info = { version: next, contacts, numbers, buckets: wanted };
  const commands: Command[] = [['HSET', keys.book(id), ...Object.entries(info).flatMap(([k, v]) => [k, `${v}`])]];
  const split = wanted !== buckets;
  if (split)
    for (const bucket of allBuckets(buckets)) commands.push(['UNLINK', keys.held(id, bucket), keys.uids(id, bucket)]);
  const heldOf = (bucket: number) => keys.held(id, bucket);
  const uidsOf = (bucket: number) => keys.uids(id, bucket);
  commands.push(...toWrites(heldOf, wanted, split ? { set: [...after.held], unset: [] } : held));
  commands.push(...toWrites(uidsOf, wanted, split ? { set: [...after.uids], unset: [] } : uids));
  commands.push(...toMarks(keys, id, held, now));
  return { version: next, commands };
}

function toWrites(keyOf: (bucket: number) => string, buckets: number, { set, unset }: Difference): Command[] {
  const commands: Command[] = [];
  for (const [bucket, part] of byBucket(unset, buckets, (field) => field))
    for (const some of batches(part)) commands.push(['HDEL', keyOf(bucket), ...some]);
  for (const [bucket, part] of byBucket(set, buckets, ([field]) => field))
    for (const some of batches(part)) commands.push(['HSET', keyOf(bucket), ...some.flat()]);
  return commands;
}

/** The reconciliation has to look at every number whose holder or label differs. */
function toMarks(keys: Keys, id: string, { set, unset }: Difference, now: number): Command[] {
  const touched = [...set.map(([number]) => number), ...unset];
  if (touched.length === 0) return [];
  const stamp = newStamp();
  const marks = batches(touched).map(
    (some): Command => ['HSET', keys.dirtyNumbers(id), ...some.flatMap((number) => [number, stamp])],
  );
  return [
    ['FORGIVE', keys.declined(id), ...unset],
    ...marks,
    ['ZADD', keys.due('reconcile', id), `${now + GRACE}`, id],
  ];
}

function batches<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, i) => items.slice(i * BATCH, (i + 1) * BATCH));
}

function isEmpty({ set, unset }: Difference): boolean {
  return set.length + unset.length === 0;
}
