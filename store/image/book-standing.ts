import { Fault } from '../../domain/fault.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';

/** A book as it stood when a writer began to read it; `version` is null when there has never been one. */
export type Standing = {
  id: string;
  /** The source whose book it is; undefined for the subscriber's own. */
  source: string | undefined;
  version: number | null;
  contacts: number;
  numbers: number;
  /** Of all values; undefined when nobody has counted them. */
  bytes: number | undefined;
  buckets: number;
  /** Of the writer that is between two of its steps, or died there; empty when none is. */
  writing: string;
  /** The subscriber's sources: what one number costs grows with their books. */
  sources: number;
};

/** How the book stands now, from which a writer begins. @throws Fault NOT_FOUND, FAILED_PRECONDITION when it is not at `ifVersion` */
export async function readStanding(
  redis: Redis,
  keys: Keys,
  id: string,
  source: string | undefined,
  ifVersion: number | undefined,
): Promise<Standing> {
  const [state, [version, contacts, numbers, buckets, bytes, writing], sources] = await Promise.all([
    redis.hGet(keys.subscriber(id), 'state'),
    redis.hmGet(keys.book(id, source), ['version', 'contacts', 'numbers', 'buckets', 'bytes', 'writing']),
    redis.sCard(keys.sources(id)),
  ]);
  if (state !== 'active') throw noSubscriber();
  if (ifVersion !== undefined && ifVersion !== Number(version ?? 0)) throw changedMeanwhile();
  return {
    id,
    source,
    version: version == null ? null : Number(version),
    contacts: Number(contacts ?? 0),
    numbers: Number(numbers ?? 0),
    bytes: bytes == null ? undefined : Number(bytes),
    buckets: Number(buckets ?? 1),
    writing: writing ?? '',
    sources,
  };
}

/** Nobody has that id, or no longer. */
export function noSubscriber(): Fault {
  return new Fault('NOT_FOUND', 'There is no such subscriber.');
}

/** The book is not at the version that the caller has seen. */
export function changedMeanwhile(): Fault {
  return new Fault('FAILED_PRECONDITION', 'Somebody else has changed this address book; read its ETag and try again.');
}
