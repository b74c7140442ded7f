import { OUTLETS, type OutletName, type OutletRow } from '../../domain/playing/outlets.ts';
import {
  isAtHome,
  isInMemory,
  type MemoryQueue,
  QUEUE_NAMES,
  type QueueName,
} from '../../runtime/queue/queue-table.ts';
import { bucketOfText, PARTITIONS, partitionOf, placeOf } from './partitions.ts';

/**
 * Due lists without a queue: of the budgets to be refilled, of what an XMPP server was told lately, and of whom subscriptions
 * have to be told.
 */
export const REFILL = 'refill';
export const LATELY = 'lately';
export const WATCHED = 'watched';

/** Every due list: each queue has one of its name. */
export type DueName = QueueName | typeof REFILL | typeof LATELY | typeof WATCHED;
export const DUE_NAMES: readonly DueName[] = [...QUEUE_NAMES, REFILL, LATELY, WATCHED];

export type Keys = ReturnType<typeof createKeys>;

/** What stands before the id of an import in keys of a partition. */
export const IMPORT = 'import:';

/** What stands after the id in keys of a subscriber that scripts name for many: see `ownPart`. */
export const AFTER_ID = {
  subscriber: ':subscriber',
  announced: ':announced',
  dirtyPairs: ':dirty-pairs',
  friends: ':friends',
  privacy: ':privacy',
  blocked: ':blocked',
  declined: ':declined',
  lately: ':lately',
} as const;

/**
 * Every key name in one place. What belongs to one subscriber, and the lists that name it, are under the hash tag of the
 * subscriber's partition; what belongs to numbers, JIDs and integers under that of its bucket's.
 * The value's shape is documented in the store file that owns it. `homes`: their hosts; where there are
 * several, what a home alone has is named after its host (decision 240). `used`: the outlets that are. `inCluster`: whether they stand in
 * a Redis Cluster.
 */
export function createKeys(
  prefix: string,
  homes: readonly string[] = [],
  used: () => readonly OutletRow[] = () => OUTLETS,
  inCluster = false,
) {
  const hosts = homes.length > 1 ? homes : [];
  const home = (host: string | undefined) => (hosts.length > 0 ? `@${host}` : '');
  const part = (partition: number, what: string) => `${prefix}:{p${`${partition}`.padStart(2, '0')}}:${what}`;
  const of = (id: string, what: string) => part(partitionOf(id), `${id}:${what}`);
  const own = (id: string, after: string) => part(partitionOf(id), `${id}${after}`);
  const bucket = (what: string, number: number) => part(number % PARTITIONS, `${what}:${number}`);
  const ofWakes = (queue: MemoryQueue, host: string | undefined) =>
    `wakes:${queue}${isAtHome(queue) ? home(host) : ''}`;
  const inBook = (what: string, source: string | undefined) => (source === undefined ? what : `${what}@${source}`);
  return {
    hosts,
    used,
    /** What stands before the id of each subscriber of that partition. */
    ownPart: (partition: number) => part(partition, ''),
    /** What came of the accounts that an import has ordered for subscribers of that partition. */
    importPart: (partition: number, importId: string) => part(partition, `${IMPORT}${importId}`),
    importCounts: (importId: string) => `${prefix}:import-run:{${importId}}`,
    importOpen: (importId: string) => `${prefix}:import-run:{${importId}}:open`,
    subscriber: (id: string) => own(id, AFTER_ID.subscriber),
    account: (id: string) => of(id, 'account'),
    madeAccounts: (id: string) => of(id, 'made-accounts'),
    lockedOut: (id: string) => of(id, 'locked-out'),
    tokens: (id: string) => of(id, 'device-tokens'),
    applicationPasswords: (id: string) => of(id, 'application-passwords'),
    playerSession: (hash: string) => `${prefix}:player-session:${hash}`,
    playerSessions: (id: string) => of(id, 'player-sessions'),
    /** Of the subscriber's own book, or of the one that a source has filled. */
    book: (id: string, source?: string) => of(id, inBook('book', source)),
    held: (id: string, bucket: number, source?: string) => of(id, `${inBook('held', source)}:${bucket}`),
    uids: (id: string, bucket: number, source?: string) => of(id, `${inBook('uids', source)}:${bucket}`),
    photos: (id: string, source?: string) => of(id, inBook('photos', source)),
    images: (id: string, source?: string) => of(id, inBook('images', source)),
    /** What stands before the number of each bucket. */
    heldPart: (id: string, source?: string) => of(id, `${inBook('held', source)}:`),
    uidsPart: (id: string, source?: string) => of(id, `${inBook('uids', source)}:`),
    sources: (id: string) => of(id, 'sources'),
    /** All that it takes to look into every book (see `BOOKS`). */
    books: (id: string) => ({
      ownBook: of(id, 'book'),
      ownHeld: of(id, 'held:'),
      sources: of(id, 'sources'),
      sourceBook: of(id, inBook('book', '')),
      sourceHeld: of(id, inBook('held', '')),
    }),
    source: (id: string, name: string) => of(id, inBook('source', name)),
    sourceRejected: (id: string, name: string) => of(id, inBook('source-rejected', name)),
    photosUpload: (id: string, upload: string) => of(id, `photos-upload-${upload}`),
    imagesUpload: (id: string, upload: string) => of(id, `images-upload-${upload}`),
    waiting: (id: string) => of(id, 'waiting'),
    /** All that it takes to charge a number (see `BUDGET`). */
    budget: (id: string) => ({
      budget: of(id, 'budget'),
      asked: of(id, 'asked'),
      waiting: of(id, 'waiting'),
      refill: part(partitionOf(id), 'due:refill'),
    }),
    /** `key`: of a number of the subscriber's own (see spent.ts); in the partition of its bucket. */
    spent: (key: string) => part(placeOf(key).bucket % PARTITIONS, `spent:${key}`),
    /** What stands before a number key of that partition. */
    spentPart: (partition: number) => part(partition, 'spent:'),
    dirtyNumbers: (id: string) => of(id, 'dirty-numbers'),
    dirtyPairs: (id: string) => own(id, AFTER_ID.dirtyPairs),
    intention: (id: string) => of(id, 'intention'),
    announced: (id: string) => own(id, AFTER_ID.announced),
    privacy: (id: string) => own(id, AFTER_ID.privacy),
    blocked: (id: string) => own(id, AFTER_ID.blocked),
    dirtyBlocked: (id: string) => of(id, 'dirty-blocked'),
    barred: (id: string) => of(id, 'barred'),
    partings: (id: string) => of(id, 'partings'),
    access: (id: string, outlet: OutletName) => of(id, `access:${outlet}`),
    friends: (id: string) => own(id, AFTER_ID.friends),
    declined: (id: string) => own(id, AFTER_ID.declined),
    declinedBy: (id: string) => of(id, 'declined-by'),
    dirtyItems: (id: string) => of(id, 'dirty-items'),
    ledger: (id: string, account: string) => of(id, `ledger:${account}`),
    offered: (id: string, account: string) => of(id, `offered:${account}`),
    offering: (host: string) => `${prefix}:offering${home(host)}`,
    former: (id: string) => of(id, 'former'),
    playing: (id: string) => of(id, 'playing'),
    told: (id: string, outlet: OutletName) => of(id, `told:${outlet}`),
    /** For each outlet that is used its due list, and what it was told. */
    outlets: (id: string) =>
      used().flatMap(({ name, queue }) => [part(partitionOf(id), `due:${queue}`), of(id, `told:${name}`)]),
    /** All that outlets were told of the subscriber. */
    toldOfEach: (id: string) => OUTLETS.flatMap(({ name }) => [of(id, `told:${name}`), of(id, `access:${name}`)]),
    listening: (id: string) => of(id, 'listening'),
    lately: (id: string) => own(id, AFTER_ID.lately),
    avatar: (id: string) => of(id, 'avatar'),
    recent: (id: string) => of(id, 'recent'),
    answered: (id: string) => of(id, 'answered'),
    directory: (number: number) => bucket('directory', number),
    /** What stands before the number of each bucket of that partition. */
    directoryPart: (partition: number) => part(partition, 'directory:'),
    holdersPart: (partition: number) => part(partition, 'holders:'),
    jids: (jid: string) => bucket('jids', bucketOfText(jid)),
    jidsIn: (number: number) => bucket('jids', number),
    ids: (number: number) => bucket('ids', number),
    idsPart: (partition: number) => part(partition, 'ids:'),
    lastIndex: `${prefix}:last-index`,
    rechecks: (partition: number) => part(partition, 'rechecks'),
    running: (partition: number) => part(partition, 'running'),
    agreement: `${prefix}:agreement`,
    reconciliation: `${prefix}:{reconciliation}:round`,
    roundLeases: `${prefix}:{reconciliation}:pages`,
    leaving: (partition: number) => part(partition, 'leaving'),
    watchers: (partition: number) => part(partition, 'watchers'),
    changes: (partition: number) => part(partition, 'changes'),
    /** What stands before the number of each span of integers. */
    changedPart: (partition: number) => part(partition, 'changed:'),
    gone: (partition: number) => part(partition, 'gone'),
    audit: {
      stream: (kind: string, lane: string) => `${prefix}:{audit}:${kind}:${lane}`,
      lanes: `${prefix}:{audit}:lanes`,
      clock: `${prefix}:{audit}:clock`,
      share: (kind: string, whose: string, operation: string) =>
        `${prefix}:{audit}:share:${kind}:${whose}:${operation}`,
    },
    credentials: {
      records: `${prefix}:{credentials}:records`,
      names: `${prefix}:{credentials}:names`,
      used: `${prefix}:{credentials}:used`,
    },
    subscriptions: {
      records: `${prefix}:{subscriptions}:records`,
      owned: (owner: string) => `${prefix}:{subscriptions}:owned:${owner}`,
      streams: `${prefix}:{subscriptions}:streams`,
    },
    /** Of one subscription. */
    sink: {
      first: (subscription: string) => `${prefix}:{sink-${subscription}}:first`,
      due: (subscription: string) => `${prefix}:{sink-${subscription}}:due`,
      roll: (subscription: string) => `${prefix}:{sink-${subscription}}:roll`,
      told: (subscription: string) => `${prefix}:{sink-${subscription}}:told`,
      friends: (subscription: string, id: string) => `${prefix}:{sink-${subscription}}:friends:${id}`,
      progress: (subscription: string) => `${prefix}:{sink-${subscription}}:progress`,
      sent: (subscription: string) => `${prefix}:{sink-${subscription}}:sent`,
    },
    rate: (who: string) => `${prefix}:rate:${who}`,
    /** `id`: the keyed hash of a code’s number and nonce, see verifications.ts. */
    verification: (id: string) => of(id, 'verification'),
    askedCode: (asker: string) => `${prefix}:asked-code:${asker}`,
    codeStamp: (phone: string) => `${prefix}:code-stamp:${phone}`,
    limit: (name: string) => of(name, 'limit'),
    assertion: (hash: string) => `${prefix}:assertion:${hash}`,
    idempotency: (hash: string) => `${prefix}:idempotency:${hash}`,
    due: (queue: DueName, id: string) => part(partitionOf(id), `due:${queue}`),
    duePart: (queue: DueName, partition: number) => part(partition, `due:${queue}`),
    presence: `${prefix}:presence`,
    activeComponent: (host: string) => `${prefix}:active:component${home(host)}`,
    activeSip: `${prefix}:active:sip`,
    serverStamp: (host: string) => `${prefix}:server-stamp${home(host)}`,
    processes: `${prefix}:processes`,
    status: (instance: string) => `${prefix}:status:${instance}`,
    metrics: `${prefix}:metrics`,
    /** Pub/sub channels, not keys. */
    events: (id: string) => of(id, 'events'),
    /** Whose channel that is. */
    toldBy: (channel: string) => channel.split(':').at(-2) ?? '',
    wakes: (queue: MemoryQueue, host?: string) => `${prefix}:${ofWakes(queue, host)}`,
    /** Whether the wakes of `outletWakes` are told in the subscriber's slot, and of which they are then. */
    inCluster,
    wakesIn: (partition: number, queue: MemoryQueue, host?: string) => part(partition, ofWakes(queue, host)),
    /** Where the component of a home is told who has come online at another. */
    latecomers: (host: string) => `${prefix}:latecomers${home(host)}`,
    /**
     * Where whoever shows what subscribers play is woken: for each outlet that is used, empty for one whose jobs are not in memory. With
     * several homes the host of the subscriber's JID stands behind it, where each has a process of its own.
     */
    outletWakes: (id: string) =>
      used().map(({ queue }) => {
        if (!isInMemory(queue)) return '';
        const channel = ofWakes(queue, '');
        return inCluster ? part(partitionOf(id), channel) : `${prefix}:${channel}`;
      }),
    outletsUsed: `${prefix}:outlets`,
  };
}
