import type { QueueName } from '../runtime/queues.ts';
import { bucketOfText, PARTITIONS, partitionOf } from './partitions.ts';

export type Keys = ReturnType<typeof createKeys>;

/**
 * Every key name in one place. What belongs to one subscriber, and the lists that name it, are under the hash tag of the
 * subscriber's partition; what belongs to numbers, JIDs and integers under that of its bucket's.
 * The value's shape is documented in the store file that owns it.
 */
export function createKeys(prefix: string) {
  const part = (partition: number, what: string) => `${prefix}:{p${`${partition}`.padStart(2, '0')}}:${what}`;
  const of = (id: string, what: string) => part(partitionOf(id), `${id}:${what}`);
  const bucket = (what: string, number: number) => part(number % PARTITIONS, `${what}:${number}`);
  return {
    subscriber: (id: string) => of(id, 'subscriber'),
    account: (id: string) => of(id, 'account'),
    tokens: (id: string) => of(id, 'tokens'),
    book: (id: string) => of(id, 'book'),
    held: (id: string, bucket: number) => of(id, `held:${bucket}`),
    uids: (id: string, bucket: number) => of(id, `uids:${bucket}`),
    /** What stands before the number of each bucket. */
    heldPart: (id: string) => of(id, 'held:'),
    uidsPart: (id: string) => of(id, 'uids:'),
    photos: (id: string) => of(id, 'photos'),
    photosUpload: (id: string, upload: string) => of(id, `photos-upload-${upload}`),
    dirtyNumbers: (id: string) => of(id, 'dirty-numbers'),
    dirtyPairs: (id: string) => of(id, 'dirty-pairs'),
    announced: (id: string) => of(id, 'announced'),
    privacy: (id: string) => of(id, 'privacy'),
    blocked: (id: string) => of(id, 'blocked'),
    dirtyBlocked: (id: string) => of(id, 'dirty-blocked'),
    barred: (id: string) => of(id, 'barred'),
    partings: (id: string) => of(id, 'partings'),
    access: (id: string) => of(id, 'access'),
    friends: (id: string) => of(id, 'friends'),
    declined: (id: string) => of(id, 'declined'),
    dirtyItems: (id: string) => of(id, 'dirty-items'),
    ledger: (id: string) => of(id, 'ledger'),
    playing: (id: string) => of(id, 'playing'),
    published: (id: string) => of(id, 'published'),
    directory: (number: number) => bucket('directory', number),
    /** What stands before the number of each bucket of that partition. */
    directoryPart: (partition: number) => part(partition, 'directory:'),
    holdersPart: (partition: number) => part(partition, 'holders:'),
    jids: (jid: string) => bucket('jids', bucketOfText(jid)),
    ids: (number: number) => bucket('ids', number),
    lastIndex: `${prefix}:last-index`,
    leaving: (partition: number) => part(partition, 'leaving'),
    accountsMade: `${prefix}:accounts-made`,
    token: (hash: string) => `${prefix}:token:${hash}`,
    idempotency: (hash: string) => `${prefix}:idempotency:${hash}`,
    due: (queue: QueueName, id: string) => part(partitionOf(id), `due:${queue}`),
    duePart: (queue: QueueName, partition: number) => part(partition, `due:${queue}`),
    presence: `${prefix}:presence`,
    status: (role: string) => `${prefix}:status:${role}`,
    metrics: `${prefix}:metrics`,
    /** A pub/sub channel, not a key. */
    events: (id: string) => `${prefix}:events:${id}`,
  };
}
