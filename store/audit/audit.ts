import { isSingle, type Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import type { Along } from '../base/script.ts';
import {
  AUDIT_KINDS,
  type AuditKind,
  type AuditPlace,
  lengthOf,
  NOBODY,
  SHARE_SECONDS,
  SUBSCRIBERS,
  shareOf,
} from './audit-places.ts';
import { createLaneReader, type LaneReader } from './audit-reader.ts';
import { RECORD } from './audit-script.ts';

/** Calls by somebody who is known (all of them, or one kind), or by nobody known. */
export type Trail = 'known' | 'unknown' | AuditKind;

/** By what a caller was known: the operator’s key, an API key, an OAuth access token, a subscriber’s token, or nothing. */
export const CALLERS = ['operator', 'key', 'oauth', 'subscriber', 'unknown'] as const;
export type CallerKind = (typeof CALLERS)[number];

/** One call. A subscriber, as the caller or as whom it is about, is a keyed hash. */
export type AuditRecord = {
  caller: CallerKind;
  /** The credential's id; a subscriber's hash; empty otherwise. */
  callerId: string;
  /** Method and route, as in the API's description. */
  operation: string;
  /** The hash of the subscriber it is about; empty when about none. */
  subject: string;
  correlator: string;
  status: number;
  /** The code of the problem; empty when there was none. */
  code: string;
};

/** `id`: its place in the trail. `time`: milliseconds since the epoch. `more`: the caller's share is used up, and what came after it that day is not there. */
export type AuditEntry = AuditRecord & { id: string; time: number; more: boolean };

/** What is looked for, the newest first: between two times, before a place (`cursor`), by caller, by subject. */
export type AuditQuery = {
  trail: Trail;
  from?: number | undefined;
  to?: number | undefined;
  cursor?: string | undefined;
  callerId?: string | undefined;
  subject?: string | undefined;
  /** A subscriber's hash, as the caller or as whom it is about. */
  concerning?: string | undefined;
  limit: number;
};

/** The most entries that one question looks at: whoever filters finely asks again with the cursor. */
const LOOKED_AT = 20_000;

/**
 * The audit trail: a stream for each kind of call and each lane (a credential, all subscribers, nobody known), in one slot; the set `lanes`; the hash
 * `clock` (time and number of the last entry); and counters `share` (decision 106). Entries are added and, beyond the stream's length (a
 * little later than that), fall off the far end; nothing else changes or removes one.
 */
export function createAudit(redis: Redis, keys: Keys) {
  /** `callerId` is a credential's, or a subscriber's hash. */
  async function lanesOf({ trail, callerId }: AuditQuery): Promise<string[]> {
    if (trail === 'unknown') return [NOBODY];
    const lanes = (await redis.sMembers(keys.audit.lanes)).filter((lane) => lane !== NOBODY);
    if (callerId === undefined) return lanes;
    return lanes.includes(callerId) ? [callerId] : lanes.filter((lane) => lane === SUBSCRIBERS);
  }

  async function readersOf(query: AuditQuery): Promise<LaneReader[]> {
    const kinds = AUDIT_KINDS.filter(
      (kind) => query.trail === kind || query.trail === 'known' || query.trail === 'unknown',
    );
    const streams = (await lanesOf(query)).flatMap((lane) => kinds.map((kind) => keys.audit.stream(kind, lane)));
    return streams.map((stream) => createLaneReader(redis, stream, query));
  }

  function placesOf({ kind, lane, whose }: AuditPlace, { operation }: AuditRecord) {
    return {
      stream: keys.audit.stream(kind, lane),
      lanes: keys.audit.lanes,
      clock: keys.audit.clock,
      share: keys.audit.share(kind, whose, operation),
    };
  }

  return {
    /** False when the caller's share for today is used up. */
    async record(place: AuditPlace, entry: AuditRecord, maxEntries: number): Promise<boolean> {
      return (await RECORD.run(redis, placesOf(place, entry), wordsOf(place, [entry], maxEntries))) === 1;
    },

    /** As `record`, for many at once; those of one kind stay in their order. */
    async recordMany(entries: readonly { place: AuditPlace; entry: AuditRecord }[], maxEntries: number): Promise<void> {
      const groups = new Map<string, { place: AuditPlace; entry: AuditRecord }[]>();
      for (const one of entries) {
        const { kind, lane, whose } = one.place;
        const name = [kind, lane, whose, one.entry.operation].join(' ');
        const group = groups.get(name);
        if (group) group.push(one);
        else groups.set(name, [one]);
      }
      await Promise.all(
        [...groups.values()].map(async ([first, ...others]) => {
          if (!first) return;
          const all = [first, ...others].map(({ entry }) => entry);
          await RECORD.run(redis, placesOf(first.place, first.entry), wordsOf(first.place, all, maxEntries));
        }),
      );
    },

    /** The same with the change that it is about, in one step; undefined in a cluster, where the two are in different slots. */
    along(place: AuditPlace, entry: AuditRecord, maxEntries: number): Along | undefined {
      if (!isSingle(redis)) return undefined;
      return { call: RECORD.call(placesOf(place, entry), wordsOf(place, [entry], maxEntries)), written: false };
    },

    /** `next`: where to go on; undefined at the end. It can come with fewer entries than asked for, even none. */
    async read(query: AuditQuery): Promise<{ entries: AuditEntry[]; next: string | undefined }> {
      const readers = await readersOf(query);
      await Promise.all(readers.map((reader) => reader.fill()));
      const entries: AuditEntry[] = [];
      let last: string | undefined;
      for (let looked = 0; looked < LOOKED_AT; looked += 1) {
        const reader = readers.reduce<LaneReader | undefined>(newer, undefined);
        const found = reader?.take();
        if (!found) return { entries, next: undefined };
        await reader?.fill();
        last = found.id;
        const entry = toEntry(found.id, found.fields);
        if (!isWanted(entry, query)) continue;
        entries.push(entry);
        if (entries.length === query.limit) break;
      }
      return { entries, next: last };
    },
  };
}

/** Of entries of one place and one operation. */
function wordsOf(place: AuditPlace, entries: readonly AuditRecord[], maxEntries: number) {
  const all = entries.map(toFields);
  const [fields = []] = all;
  const isAlone = entries.length === 1;
  const slots = isAlone ? [] : fields.flatMap((word, at) => (all.every((other) => other[at] === word) ? [] : [at]));
  return {
    ...{ lane: place.lane, length: lengthOf(place.kind, maxEntries), count: entries.length },
    ...{ fields, slots: slots.map((at) => at + 1), values: all.flatMap((words) => slots.map((at) => words[at])) },
    ...{ most: shareOf(place), seconds: SHARE_SECONDS },
  };
}

/** Which of two stands at the newer entry; undefined when both have ended. */
function newer(one: LaneReader | undefined, other: LaneReader): LaneReader | undefined {
  const [a, b] = [one?.head(), other.head()];
  if (!a || !b) return b ? other : one;
  return b.time > a.time || (b.time === a.time && b.number > a.number) ? other : one;
}

function isWanted(entry: AuditEntry, { callerId, subject, concerning, to }: AuditQuery): boolean {
  if (to !== undefined && entry.time > to) return false;
  if (concerning !== undefined && entry.callerId !== concerning && entry.subject !== concerning) return false;
  return (callerId ?? entry.callerId) === entry.callerId && (subject ?? entry.subject) === entry.subject;
}

/** Always the same fields in the same order: Redis then keeps their names once for many entries. */
function toFields({ caller, callerId, operation, subject, correlator, status, code }: AuditRecord): string[] {
  return [
    ...['caller', caller, 'callerId', callerId, 'operation', operation, 'subject', subject],
    ...['correlator', correlator, 'status', `${status}`, 'code', code],
  ];
}

function toEntry(id: string, fields: Record<string, string>): AuditEntry {
  const { caller = 'unknown', callerId = '', operation = '', subject = '', correlator = '', code = '' } = fields;
  return {
    id,
    time: Number(id.split('-')[0]),
    caller: caller as CallerKind,
    callerId,
    operation,
    subject,
    correlator,
    status: Number(fields.status),
    code,
    more: fields.more === '1',
  };
}
