import type { NumberBudget } from '../../domain/book/number-budget.ts';
import { Fault } from '../../domain/fault.ts';
import type { Redis } from '../../runtime/redis.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { dueOf } from '../base/makes-due.ts';
import { newStamp } from '../base/marks.ts';
import { emptyBook } from '../book/book-drop.ts';
import type { BookSeal, BookSeals } from '../book/book-seal.ts';
import type { SourceLease } from '../book/book-writer.ts';
import { type Source, type SourceProblem, toSource } from './source-record.ts';
import { ASK, BEGIN, LINK, MOST_REJECTED, RECEIVE, SCHEDULE, SETTLE, UNLINK } from './source-scripts.ts';

const ATTEMPTS = 10;

export type Sources = ReturnType<typeof createSources>;

/** A source as its owner sees it. `rejected`: how many cards were refused, or kept in part, for each reason. */
export type SourceInfo = Source & { contacts: number; rejected: { reason: string; cards: number }[] };

/** A source that is being read. */
export type SourceReading = { source: Source; lease: SourceLease };

/** What a read has found out. `cards`: the uids of all that were read; `reasons`: uid → why it was refused; `whole`: it was a read in full. */
export type ReadOutcome = {
  collection: string;
  syncToken: string;
  etags: string;
  whole: boolean;
  cards: readonly string[];
  reasons: ReadonlyMap<string, string>;
};

/**
 * The network address books of a subscriber, and the book that a client sends: set `sources` of their names; for each hash `source@<name>` (see `Source`; `lease`:
 * whose read may write) and hash `source-rejected@<name>` (short hash of a card's uid → reason). Their contacts are in books of their
 * own (`createAddressBooks`). The due list `source` has the subscriber at the time of its next read.
 */
export function createSources(redis: Redis, keys: Keys, sealOf: BookSeals, budget: NumberBudget) {
  const own = (id: string, name: string) => ({
    record: keys.subscriber(id),
    source: keys.source(id, name),
    sources: keys.sources(id),
    dueSource: dueOf(keys, 'sourceAsked', id),
    photos: keys.photos(id, name),
    images: keys.images(id, name),
    rejected: keys.sourceRejected(id, name),
    book: keys.book(id, name),
  });
  const step = (id: string, now: number) => ({ id, now, dueAt: now + GRACE });

  /** Does it once the source's book is empty: a read that writes it meanwhile comes between. @throws Fault CONFLICT */
  async function onceEmpty<Outcome>(
    id: string,
    name: string,
    now: number,
    attempt: (stamp: string) => Promise<Outcome | 'filled'>,
  ): Promise<Outcome> {
    for (let attempts = 0; attempts < ATTEMPTS; attempts += 1) {
      const outcome = await attempt(newStamp());
      if (outcome !== 'filled') return outcome;
      await emptyBook(redis, keys, budget, { id, source: name, now });
    }
    throw new Fault('CONFLICT', 'This source is just being read; try again in a moment.');
  }

  async function settle(
    id: string,
    { source, lease }: SourceReading,
    next: number,
    outcome: { set: Record<string, string>; unset?: string[]; cards?: string; reasons?: string[] },
  ): Promise<void> {
    const { set, unset = [], cards, reasons = [] } = outcome;
    await SETTLE.run(redis, own(id, source.name), {
      ...{ lease: lease.lease, seen: source.next, next },
      ...{ set: Object.entries(set).flat(), unset, cards, reasons },
    });
  }

  async function names(id: string): Promise<string[]> {
    return (await redis.sMembers(keys.sources(id))).sort();
  }

  async function get(id: string, name: string): Promise<SourceInfo | undefined> {
    const [fields, contacts, reasons] = await Promise.all([
      redis.hGetAll(keys.source(id, name)),
      redis.hGet(keys.book(id, name), 'contacts'),
      redis.hVals(keys.sourceRejected(id, name)),
    ]);
    const source = toSource(name, fields);
    return source && { ...source, contacts: Number(contacts ?? 0), rejected: countReasons(reasons) };
  }

  return {
    names,
    get,

    async list(id: string): Promise<SourceInfo[]> {
      const found = await Promise.all((await names(id)).map((name) => get(id, name)));
      return found.filter((source) => source !== undefined);
    },

    /**
     * Links a source, or replaces the one of that name, whose contacts stay until the next read if its URL is the same. It is to be
     * read at once. `full`: there are as many as may be; `gone`: there is no such subscriber. @throws Fault CONFLICT
     */
    async link(
      id: string,
      { name, url, credentials }: Pick<Source, 'name' | 'url' | 'credentials'>,
      now: number,
    ): Promise<'ok' | 'full' | 'gone'> {
      const linked = { ...step(id, now), name, url, credentials };
      return onceEmpty(id, name, now, (stamp) => LINK.run(redis, own(id, name), { ...linked, stamp }));
    },

    /** Removes a source with its contacts and photos; false when there is none of that name. @throws Fault CONFLICT */
    async unlink(id: string, name: string, now: number): Promise<boolean> {
      const outcome = await onceEmpty(id, name, now, (stamp) => UNLINK.run(redis, own(id, name), { name, stamp }));
      return outcome === 'ok';
    },

    /** The lease under which a client may send the book of that name; it ends any other. `full`, `gone`: as `link`. */
    async receive(id: string, name: string, now: number): Promise<SourceLease | 'full' | 'gone'> {
      const lease = newStamp();
      const reply = await RECEIVE.run(redis, own(id, name), { name, lease, now });
      return reply === 'ok' ? { name, lease } : reply;
    },

    /** Asks for a read at once; false when there is no source of that name. */
    async ask(id: string, name: string, now: number): Promise<boolean> {
      return ASK.run(redis, own(id, name), step(id, now));
    },

    /** Begins a read, which ends the lease of any other; undefined when there is no source of that name. */
    async begin(id: string, name: string): Promise<SourceReading | undefined> {
      const lease = newStamp();
      const source = toSource(name, toFields(await BEGIN.run(redis, own(id, name), { lease })));
      return source && { source, lease: { name, lease } };
    },

    /** Notes what a read has found, after the book was written: a read that is done twice does no harm. Nothing when its lease is over. */
    async succeed(id: string, reading: SourceReading, outcome: ReadOutcome, now: number, next: number): Promise<void> {
      const { collection, syncToken, etags, whole, cards, reasons } = outcome;
      const seal = sealOf(id);
      await settle(id, reading, next, {
        set: { collection, syncToken, etags, lastRead: `${now}`, failures: '0' },
        unset: ['code', 'detail'],
        cards: whole ? 'all' : cards.map((uid) => shortHash(seal, uid)).join(' '),
        reasons: [...reasons].slice(0, MOST_REJECTED).flatMap(([uid, reason]) => [shortHash(seal, uid), reason]),
      });
    },

    /** Notes that a read failed; what was read before stays. Nothing when its lease is over. */
    async fail(id: string, reading: SourceReading, { code, detail }: SourceProblem, next: number): Promise<void> {
      const failures = `${reading.source.failures + 1}`;
      await settle(id, reading, next, { set: { code, detail, failures } });
    },

    /**
     * Puts the subscriber into the due list at the time of the first read to come, or takes it out when there is none. `putOff`: by name,
     * when a source is to be looked at again whose time has come.
     */
    async schedule(id: string, putOff: ReadonlyMap<string, number> = new Map()): Promise<void> {
      await SCHEDULE.run(redis, own(id, ''), {
        id,
        earliest: [...putOff].flatMap(([name, time]) => [name, Math.round(time)]),
      });
    },
  };
}

function shortHash(seal: BookSeal, uid: string): string {
  const { head, tag } = seal.marksOf(uid);
  return Buffer.from(head + tag, 'latin1').toString('base64url');
}

function toFields(flat: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] ?? ''] = flat[i + 1] ?? '';
  return fields;
}

function countReasons(reasons: readonly string[]): { reason: string; cards: number }[] {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts].map(([reason, cards]) => ({ reason, cards })).sort((a, b) => b.cards - a.cards);
}
