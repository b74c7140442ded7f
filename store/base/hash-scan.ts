import type { RedisArgument } from 'redis';
import type { Redis } from '../../runtime/redis/redis.ts';
import { as, defineScript } from './script.ts';
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

/** One page of the names of a hash's fields; HSCAN leaves the values away (NOVALUES) only since Redis 7.4. */
const FIELDS = defineScript({
  keys: ['hash'],
  args: ['cursor', 'count'],
  reply: as<[cursor: string, fields: string[]]>,
  lua: `
local page = redis.call('HSCAN', hash, cursor, 'COUNT', count)
local fields = {}
for i = 1, #page[2], 2 do fields[#fields + 1] = page[2][i] end
return { page[1], fields }`,
});

/** Where `fieldsFrom` begins. */
export const SCAN_START = '';

/**
 * As `FIELDS`, from a place on that is good in one server as long as it runs, as each keeps its hashes in another order: elsewhere it
 * begins anew.
 */
const FIELDS_FROM = defineScript({
  keys: ['hash'],
  args: ['server', 'cursor', 'count'],
  reply: as<[server: string, cursor: string, fields: string[]]>,
  lua: `
local here = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local page = redis.call('HSCAN', hash, server == here and cursor or '0', 'COUNT', count)
local fields = {}
for i = 1, #page[2], 2 do fields[#fields + 1] = page[2][i] end
return { here, page[1], fields }`,
});

/** One page of what `scanFields` meets, and where to go on, also later and in another process; undefined when that was the last. */
export async function fieldsFrom(
  redis: Redis,
  hash: string,
  place: string,
): Promise<{ fields: string[]; next: string | undefined }> {
  const [before = '', from = '0'] = place.split(':');
  const [server, cursor, fields] = await FIELDS_FROM.run(
    redis,
    { hash },
    { server: before, cursor: from, count: SLICE },
  );
  return { fields, next: cursor === '0' ? undefined : `${server}:${cursor}` };
}

/** The names of the fields alone, a page at a time, as `scanTexts` meets them: no value leaves Redis. */
export async function* scanFields(redis: Redis, hash: string): AsyncGenerator<string[]> {
  let cursor = '0';
  do {
    const [next, fields] = await FIELDS.run(redis, { hash }, { cursor, count: SLICE });
    yield fields;
    cursor = next;
  } while (cursor !== '0');
}

/** All that `scanFields` meets, each once. */
export async function scannedFields(redis: Redis, hash: string): Promise<string[]> {
  const names = new Set<string>();
  for await (const fields of scanFields(redis, hash)) for (const name of fields) names.add(name);
  return [...names];
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
