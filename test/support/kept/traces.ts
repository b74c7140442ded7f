import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { RESP_TYPES } from 'redis';
import { isSingle, type Redis } from '../../../runtime/redis/redis.ts';

/** What is looked for: a word for the report, and the bytes, in any of these forms. */
export type Needle = { what: string; forms: Buffer[] };

/** Where something was found: a key or a file, never what it holds. */
export type Trace = { what: string; where: string };

/** A text, also in the encodings in which a program might have kept it. */
export function needle(what: string, text: string): Needle {
  const bytes = Buffer.from(text);
  const encoded = [bytes.toString('hex'), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('base64url')];
  const forms = [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1), ...encoded].map((one) =>
    Buffer.from(one),
  );
  return { what, forms: [...forms, ...packed(text)] };
}

/** A UUID in sixteen bytes; a number in eight, and as packed decimals. */
function packed(text: string): Buffer[] {
  const digits = text.replace(/^\+/, '');
  if (/^[0-9a-f-]{36}$/.test(text)) return [text, text.replaceAll('-', '')].map(hexOrText);
  if (!/^\d{8,15}$/.test(digits)) return [];
  const binary = Buffer.alloc(8);
  binary.writeBigUInt64BE(BigInt(digits));
  const tight = binary.subarray(binary.findIndex((byte) => byte !== 0));
  return [Buffer.from(digits), tight, Buffer.from(tight).reverse(), Buffer.from(digits.padStart(16, '0'), 'hex')];
}

function hexOrText(text: string): Buffer {
  return /^[0-9a-f]{32}$/.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text);
}

export function tracesIn(where: string, bytes: Buffer, needles: readonly Needle[]): Trace[] {
  return needles.filter(({ forms }) => forms.some((form) => bytes.includes(form))).map(({ what }) => ({ what, where }));
}

/** Every key of the Redis, by its name and by its value. */
export async function tracesInRedis(redis: Redis, needles: readonly Needle[]): Promise<Trace[]> {
  const traces: Trace[] = [];
  for (const key of await keysIn(redis)) {
    const bytes = Buffer.concat([Buffer.from(key), ...flat(await contentOf(redis, key))]);
    traces.push(...tracesIn(key, bytes, needles));
  }
  return traces;
}

type Node = { keys(pattern: string): Promise<string[]> };

/** All keys, of every master of a cluster. */
export async function keysIn(redis: Redis): Promise<string[]> {
  const nodes = isSingle(redis)
    ? [redis as unknown as Node]
    : (redis as unknown as { masters: { client: Node }[] }).masters.map(({ client }) => client);
  return (await Promise.all(nodes.map((node) => node.keys('*')))).flat();
}

async function contentOf(redis: Redis, key: string): Promise<unknown> {
  const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  switch (await redis.type(key)) {
    case 'string':
      return binary.get(key);
    case 'hash':
      // By a script, as fields are bytes too.
      return binary.eval("return redis.call('HGETALL', KEYS[1])", { keys: [key] });
    case 'set':
      return binary.sMembers(key);
    case 'zset':
      return binary.zRange(key, 0, -1);
    case 'list':
      return binary.lRange(key, 0, -1);
    case 'stream':
      return binary.eval("return redis.call('XRANGE', KEYS[1], '-', '+')", { keys: [key] });
    default:
      return [];
  }
}

function flat(value: unknown): Buffer[] {
  if (Array.isArray(value)) return value.flatMap(flat);
  if (Buffer.isBuffer(value)) return [value, Buffer.from('\n')];
  return value === null ? [] : [Buffer.from(`${value}\n`)];
}

/** Every file under the folder, by its name and by its bytes. */
export async function tracesInFiles(folder: string, needles: readonly Needle[]): Promise<Trace[]> {
  const traces: Trace[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    const content = entry.isFile() ? await readFile(path) : Buffer.alloc(0);
    traces.push(...tracesIn(name, Buffer.concat([Buffer.from(`${decodeURIComponent(name)}\n`), content]), needles));
  }
  return traces;
}
