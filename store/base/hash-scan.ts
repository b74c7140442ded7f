import type { RedisArgument } from 'redis';
import type { Redis } from '../../runtime/redis/redis.ts';
import { SLICE } from './slices.ts';

type ReadsBytes = {
  hScan(
    key: string,
    cursor: RedisArgument,
    options: { COUNT: number },
  ): Promise<{ cursor: RedisArgument; entries: { field: Buffer; value: Buffer }[] }>;
};

/**
 * Every field of a hash of bytes with its value, in steps, however large it is. One that is there
 * all the while is met, some of them twice; one that comes or goes meanwhile may be met or not.
 * `binary`: a connection that reads texts as bytes.
 */
export async function* scanBytes(binary: ReadsBytes, hash: string): AsyncGenerator<[field: Buffer, value: Buffer]> {
  let cursor: RedisArgument = '0';
  do {
    const page = await binary.hScan(hash, cursor, { COUNT: SLICE });
    for (const { field, value } of page.entries) yield [field, value];
    cursor = page.cursor;
  } while (`${cursor}` !== '0');
}

/** As `scanBytes`, of a hash of texts; a small one is read at once. */
export async function* scanTexts(redis: Redis, hash: string): AsyncGenerator<[field: string, value: string]> {
  let cursor = '0';
  do {
    const page = await redis.hScan(hash, cursor, { COUNT: SLICE });
    for (const { field, value } of page.entries) yield [field, value];
    cursor = page.cursor;
  } while (cursor !== '0');
}

/** All that `scanTexts` meets: a hash that somebody outside can make long, read in steps. */
export async function scanned(redis: Redis, hash: string): Promise<Record<string, string>> {
  const fields: Record<string, string> = {};
  for await (const [field, value] of scanTexts(redis, hash)) fields[field] = value;
  return fields;
}

/** The same of a set. */
export async function scannedSet(redis: Redis, set: string): Promise<string[]> {
  const members = new Set<string>();
  let cursor = '0';
  do {
    const page = await redis.sScan(set, cursor, { COUNT: SLICE });
    for (const member of page.members) members.add(member);
    cursor = page.cursor;
  } while (cursor !== '0');
  return [...members];
}
