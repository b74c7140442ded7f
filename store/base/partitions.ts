import { hash } from 'node:crypto';
import type { Redis } from '../../runtime/redis/redis.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import { fnv1a } from './fnv.ts';
import { SLICE } from './slices.ts';

/** Hash tags over which subscribers, numbers, JIDs and integers are spread. */
export const PARTITIONS = 16;
/** The first bytes of a packed number key, which name its bucket; the others are the field in it. */
export const BUCKET_BYTES = 2;
/** All bytes of a packed number key. */
export const PACKED_BYTES = 9;

/** Where a number key stands: its bucket (0–65,535), and the field in that bucket's hash. */
export type NumberPlace = { bucket: number; field: Buffer };

/** Where that number stands in the directory and the reverse index. */
export function placeOf(numberKey: string): NumberPlace {
  const packed = packNumberKey(numberKey);
  return { bucket: packed.readUInt16BE(0), field: packed.subarray(BUCKET_BYTES) };
}

/** The bucket of a text, such as a JID. */
export function bucketOfText(text: string): number {
  return hash('sha256', text, 'buffer').readUInt16BE(0);
}

/** Where everything of a subscriber stands, and the lists that name it. */
export function partitionOf(id: string): number {
  return fnv1a(id) % PARTITIONS;
}

/** Each hash tag by its number. */
export function allPartitions(): number[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => partition);
}

/** The ids under each hash tag, so that those of one can be written in one step. */
export function byPartition(ids: readonly string[]): Map<number, string[]> {
  const parts = new Map<number, string[]>();
  for (const id of ids) {
    const part = parts.get(partitionOf(id));
    if (part) part.push(id);
    else parts.set(partitionOf(id), [id]);
  }
  return parts;
}

/** Commands that go to Redis together: as a MULTI, or as a pipeline. */
export type Batch = ReturnType<Redis['multi']>;

/** Asks one thing of each subscriber, with one pipeline for each partition concerned; the answers are in the order of `ids`. */
export async function askSubscribers(
  redis: Redis,
  ids: readonly string[],
  ask: (batch: Batch, id: string, position: number) => void,
): Promise<unknown[]> {
  const answers = new Array<unknown>(ids.length);
  const parts = new Map<number, { batch: Batch; positions: number[] }>();
  for (const [position, id] of ids.entries()) {
    const part = parts.get(partitionOf(id)) ?? { batch: redis.multi(), positions: [] };
    parts.set(partitionOf(id), part);
    ask(part.batch, id, position);
    part.positions.push(position);
  }
  await Promise.all(
    [...parts.values()].map(async ({ batch, positions }) => {
      const replies = await batch.execAsPipeline();
      for (const [i, position] of positions.entries()) answers[position] = replies[i];
    }),
  );
  return answers;
}

/** Number keys of one partition, packed one after the other: one argument for a script. */
type Part = { partition: number; positions: number[]; packed: Buffer[] };

/**
 * Asks once for each partition concerned, or for each slice of what many numbers have there, all at the same time. `ask` gets the packed number keys and answers in their
 * order; the whole answer is in the order of `numberKeys`.
 */
export async function askPartitions<T>(
  numberKeys: readonly string[],
  ask: (partition: number, packed: Buffer) => Promise<readonly T[]>,
): Promise<T[]> {
  const answers = new Array<T>(numberKeys.length);
  await Promise.all(
    (await split(numberKeys)).map(async ({ partition, positions, packed }) => {
      const part = await ask(partition, Buffer.concat(packed));
      for (const [i, position] of positions.entries()) answers[position] = part[i] as T;
    }),
  );
  return answers;
}

async function split(numberKeys: readonly string[]): Promise<Part[]> {
  const parts: Part[] = [];
  const last = new Map<number, Part>();
  await eachInTurns(numberKeys.entries(), ([position, numberKey]) => {
    const packed = packNumberKey(numberKey);
    const partition = packed.readUInt16BE(0) % PARTITIONS;
    let part = last.get(partition);
    if (!part || part.positions.length === SLICE) {
      part = { partition, positions: [], packed: [] };
      last.set(partition, part);
      parts.push(part);
    }
    part.positions.push(position);
    part.packed.push(packed);
  });
  return parts;
}

/** The number key of nine bytes. */
export function unpackNumberKey(packed: Buffer): string {
  return packed.toString('base64url');
}

/** Number keys that stand one after the other. */
export function unpackNumberKeys(packed: Buffer): string[] {
  const count = Math.floor(packed.length / PACKED_BYTES);
  return Array.from({ length: count }, (_, i) =>
    unpackNumberKey(packed.subarray(i * PACKED_BYTES, (i + 1) * PACKED_BYTES)),
  );
}

/** The nine bytes of a number key. */
export function packNumberKey(numberKey: string): Buffer {
  const packed = Buffer.from(numberKey, 'base64url');
  if (packed.length !== PACKED_BYTES) throw new Error('A number key has 12 base64url characters.');
  return packed;
}
