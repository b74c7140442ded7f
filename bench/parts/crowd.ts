import { randomBytes, randomUUID } from 'node:crypto';
import { type Book, type Contact, namelessUid } from '../../domain/book/address-book.ts';
import { inBatches } from '../../runtime/batches.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { idPlace } from '../../store/base/interned.ts';
import type { Keys } from '../../store/base/keys.ts';
import { placeOf } from '../../store/base/partitions.ts';
import type { Stores } from '../../store/stores.ts';

const CHUNK = 5_000;

/** Number keys are equally distributed, so random ones are as good as hashed numbers. */
export function newNumberKeys(count: number): string[] {
  return Array.from({ length: count }, () => randomBytes(9).toString('base64url'));
}

/** Writes the directory of so many subscribers: number key → integer, as a claim does. */
export async function fillDirectory(redis: Redis, keys: Keys, numberKeys: readonly string[]): Promise<void> {
  let index = 0;
  for (const part of inBatches(numberKeys, CHUNK)) {
    const batch = redis.multi();
    for (const numberKey of part) {
      index += 1;
      const { bucket, field } = placeOf(numberKey);
      batch.hSet(keys.directory(bucket), field, `${index}`);
    }
    await batch.execAsPipeline();
  }
}

/** Writes the ids of the first `count` integers, as joining does. */
export async function fillIds(redis: Redis, keys: Keys, count: number): Promise<void> {
  const indexes = Array.from({ length: count }, (_, i) => i + 1);
  for (const part of inBatches(indexes, CHUNK)) {
    const batch = redis.multi();
    for (const index of part) {
      const { key, field } = idPlace(keys, index);
      batch.hSet(key, field, randomUUID());
    }
    await batch.execAsPipeline();
  }
}

/** Owners of books: as much of a subscriber as a book and the reverse index ask for. */
export async function makeOwners(redis: Redis, keys: Keys, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  for (const part of inBatches([...ids.entries()], CHUNK)) {
    const batch = redis.multi();
    for (const [i, id] of part) batch.hSet(keys.subscriber(id), { state: 'active', index: i + 1 });
    await batch.execAsPipeline();
  }
  return ids;
}

const FAMILY = ['王', '李', '张', 'Schmidt', 'Rossi', 'Smith', 'Okafor', 'García'];
const GIVEN = ['小明', '伟', '秀英', 'Anna', 'Luca', 'Bob', 'Ngozi', 'María'];

/** Names of half a dozen languages, 10 bytes on average. */
export function nameOf(i: number): string {
  const [family, given] = [FAMILY[i % 8] ?? '', GIVEN[(i >> 3) % 8] ?? ''];
  return /[一-龥]/.test(family) ? family + given : `${given} ${family}`;
}

/** A book with one number for each contact. */
export function bookOfKeys(numberKeys: readonly string[], withUids: boolean): Book {
  return new Map(
    numberKeys.map((numberKey, i): [string, Contact] => [
      withUids ? randomUUID() : namelessUid(numberKey),
      { name: nameOf(i), groups: [], numberKeys: [numberKey] },
    ]),
  );
}

/** Stores the books through the store, and takes away the marks that the reconciliation would take away. */
export async function storeBooks(
  redis: Redis,
  stores: Stores,
  owners: readonly string[],
  bookOf: (owner: number) => Book,
): Promise<void> {
  for (const part of inBatches([...owners.entries()], 16))
    await Promise.all(
      part.map(async ([i, id]) => {
        await stores.addressBooks.replace(id, bookOf(i), 0);
        await redis.del(stores.keys.dirtyNumbers(id));
        await stores.due.settle('reconcile', id, []);
      }),
    );
}
