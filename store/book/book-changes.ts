import { eachInTurns, takeTurns } from '../../runtime/turns.ts';
import type { Keys } from '../base/keys.ts';
import { allBuckets, byBucket } from './book-buckets.ts';
import type { Command } from './book-commands.ts';
import { type Difference, differenceOf } from './book-image.ts';
import type { Standing } from './book-plan.ts';
import { type Step, without } from './book-steps.ts';

/** Pairs of a field and its value in one command: Lua can take a few thousand arguments at once. */
const BATCH = 1_000;

/** The commands of a step; none when nothing differs, which leaves the version as it is. */
export async function toCommands(
  keys: Keys,
  standing: Standing,
  { before, after, contacts, numbers, bytes, buckets, last, writing }: Step & { writing: string },
): Promise<Command[]> {
  const { id, source, version } = standing;
  const held = await differenceOf(before.held, after.held);
  const [cut, added] = [await without(before.uids, after.uids), await without(after.uids, before.uids)];
  const split = buckets !== standing.buckets;
  const same = isEmpty(held) && cut.length + added.length === 0 && !split;
  if (same && !(last && (version === null || contacts !== standing.contacts || standing.writing !== ''))) return [];
  // Until the last step the sizes are, with the version, those of the book before: a writer may die.
  const state = last ? { version: nextOf(standing), contacts, numbers, bytes } : { writing };
  const fields = Object.entries({ ...state, buckets }).flatMap(([name, value]) => [name, `${value}`]);
  const commands: Command[] = [{ do: 'set', key: keys.book(id, source), fields }];
  if (last && standing.writing !== '') commands.push({ do: 'unset', key: keys.book(id, source), fields: ['writing'] });
  const heldOf = (bucket: number) => keys.held(id, bucket, source);
  const uidsOf = (bucket: number) => keys.uids(id, bucket, source);
  if (split)
    for (const bucket of allBuckets(standing.buckets))
      commands.push({ do: 'unlink', keys: [heldOf(bucket), uidsOf(bucket)] });
  commands.push(...(await toWrites(heldOf, buckets, split ? { set: [...after.held], unset: [] } : held)));
  const records = split ? { cut: [], added: [...after.uids] } : { cut, added };
  commands.push(...(await toRecords(uidsOf, buckets, records.cut, records.added)));
  await takeTurns();
  const present = held.set.map(([number]) => number);
  const came = present.filter((number) => !before.held.has(number));
  const touched = [...present, ...held.unset];
  if (touched.length > 0) commands.push({ do: 'follow', came, touched, gone: held.unset });
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
    for (const some of batches(part)) commands.push({ do: 'unset', key: keyOf(bucket), fields: some });
  await takeTurns();
  const parts = byBucket(set, buckets, ([field]) => field);
  await eachInTurns(parts, ([bucket, part]) => {
    for (const some of batches(part)) commands.push({ do: 'set', key: keyOf(bucket), fields: some.flat() });
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
  return [...new Set([...cuts.keys(), ...adds.keys()])].map((bucket) => ({
    do: 'records',
    key: keyOf(bucket),
    cut: cuts.get(bucket) ?? [],
    added: adds.get(bucket) ?? [],
  }));
}

type Parts = Map<number, string[]>;

function batches<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, i) => items.slice(i * BATCH, (i + 1) * BATCH));
}

function isEmpty({ set, unset }: Difference): boolean {
  return set.length + unset.length === 0;
}

/** The version that a book has after a write. */
export function nextOf({ version }: Standing): number {
  return (version ?? 0) + 1;
}
