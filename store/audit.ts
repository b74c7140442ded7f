import type { Redis } from '../runtime/redis.ts';
import type { Keys } from './keys.ts';

/** Calls by somebody who is known, and calls refused because nobody knew who it was: the latter, of which anybody can make many, push out none of the former. */
export type Trail = 'known' | 'unknown';

export type CallerKind = 'operator' | 'key' | 'oauth' | 'subscriber' | 'unknown';

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

/** `id`: its place in the trail. `time`: milliseconds since the epoch. */
export type AuditEntry = AuditRecord & { id: string; time: number };

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

/** Entries of one step through the trail, and the most steps of one question: whoever filters finely asks again with the cursor. */
const STEP = 1_000;
const STEPS = 20;

/**
 * The audit trail: streams `known` and `unknown`, in one slot. Entries are added and, beyond `maxEntries` of each (a little
 * later than that), fall off the far end; nothing else changes or removes one.
 */
export function createAudit(redis: Redis, keys: Keys) {
  return {
    async record(trail: Trail, entry: AuditRecord, maxEntries: number): Promise<void> {
      await redis.xAdd(keys.audit(trail), '*', toFields(entry), {
        TRIM: { strategy: 'MAXLEN', strategyModifier: '~', threshold: maxEntries },
      });
    },

    /** `next`: where to go on; undefined at the end. It can come with fewer entries than asked for, even none. */
    async read(query: AuditQuery): Promise<{ entries: AuditEntry[]; next: string | undefined }> {
      const entries: AuditEntry[] = [];
      let cursor = query.cursor;
      for (let step = 0; step < STEPS; step += 1) {
        const newest = cursor === undefined ? `${query.to ?? '+'}` : `(${cursor}`;
        const found =
          (await redis.xRevRange(keys.audit(query.trail), newest, `${query.from ?? '-'}`, { COUNT: STEP })) ?? [];
        for (const { id, message } of found) {
          cursor = id;
          const entry = toEntry(id, message);
          if (!isWanted(entry, query)) continue;
          entries.push(entry);
          if (entries.length === query.limit) return { entries, next: cursor };
        }
        if (found.length < STEP) return { entries, next: undefined };
      }
      return { entries, next: cursor };
    },
  };
}

function isWanted(entry: AuditEntry, { callerId, subject, concerning, to }: AuditQuery): boolean {
  if (to !== undefined && entry.time > to) return false;
  if (concerning !== undefined && entry.callerId !== concerning && entry.subject !== concerning) return false;
  return (callerId ?? entry.callerId) === entry.callerId && (subject ?? entry.subject) === entry.subject;
}

/** Always the same fields in the same order: Redis then keeps their names once for many entries. */
function toFields({ caller, callerId, operation, subject, correlator, status, code }: AuditRecord) {
  return { caller, callerId, operation, subject, correlator, status: `${status}`, code };
}

function toEntry(id: string, fields: Record<string, string>): AuditEntry {
  const {
    caller = 'unknown',
    callerId = '',
    operation = '',
    subject = '',
    correlator = '',
    status,
    code = '',
  } = fields;
  const time = Number(id.split('-')[0]);
  return {
    id,
    time,
    caller: caller as CallerKind,
    callerId,
    operation,
    subject,
    correlator,
    status: Number(status),
    code,
  };
}
