import type { NumberBudget } from '../../domain/book/number-budget.ts';
import { Fault } from '../../domain/fault.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { type Fence, newFence } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { emptyBook } from '../book/book-drop.ts';
import { GRACE } from '../due/due.ts';
import { dueOf } from '../due/makes-due.ts';
import type { BookSeal, BookSeals } from '../image/book-seal.ts';
import type { SourceFence } from '../image/source-fence.ts';
import { type Source, type SourceProblem, toSource } from './source-record.ts';
import { ASK, BEGIN, LINK, MOST_REJECTED, RECEIVE, SCHEDULE, SETTLE, UNLINK } from './source-scripts.ts';

const ATTEMPTS = 10;

export type Sources = ReturnType<typeof createSources>;

/** A source as its owner sees it. `rejected`: how many cards were refused, or kept in part, for each reason. */
export type SourceInfo = Source & { contacts: number; rejected: { reason: string; cards: number }[] };

/** A source that is being read; `fence` lets this read write its book. */
export type SourceReading = { source: Source; fence: SourceFence };

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
 * The network address books of a subscriber, and the book that a client sends: set `sources` of their names; for each hash `source@<name>` (see `Source`, and `SourceFence` for
 * whose read may write its book) and hash `source-rejected@<name>` (short hash of a card's uid → reason). Their contacts are in books of their
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
    attempt: (fence: Fence) => Promise<Outcome | 'filled'>,
  ): Promise<Outcome> {
    for (let attempts = 0; attempts < ATTEMPTS; attempts += 1) {
      const outcome = await attempt(newFence());
      if (outcome !== 'filled') return outcome;
      await emptyBook(redis, keys, budget, { id, source: name, now });
    }
    throw new Fault('CONFLICT', 'This source is just being read; try again in a moment.');
  }

  async function settle(
    id: string,
    { source, fence }: SourceReading,
    next: number,
    outcome: { set: Record<string, string>; unset?: string[]; cards?: string; reasons?: string[] },
  ): Promise<void> {
    const { set, unset = [], cards, reasons = [] } = outcome;
    await SETTLE.run(redis, own(id, source.name), {
      ...{ fence: fence.fence, seen: source.next, next },
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
      return onceEmpty(id, name, now, (fence) => LINK.run(redis, own(id, name), { ...linked, fence }));
    },

    /** Removes a source with its contacts and photos; false when there is none of that name. @throws Fault CONFLICT */
    async unlink(id: string, name: string, now: number): Promise<boolean> {
      const outcome = await onceEmpty(id, name, now, (fence) => UNLINK.run(redis, own(id, name), { name, fence }));
      return outcome === 'ok';
    },

    /** Begins to take the book of that name, which a client sends: no other read may write it any more. `full`, `gone`: as `link`. */
    async receive(id: string, name: string, now: number): Promise<SourceFence | 'full' | 'gone'> {
      const fence = newFence();
      const reply = await RECEIVE.run(redis, own(id, name), { name, fence, now });
      return reply === 'ok' ? { name, fence } : reply;
    },

    /** Asks for a read at once; false when there is no source of that name. */
    async ask(id: string, name: string, now: number): Promise<boolean> {
      return ASK.run(redis, own(id, name), step(id, now));
    },

    /** Begins a read: no other may write the book any more. Undefined when there is no source of that name. */
    async begin(id: string, name: string): Promise<SourceReading | undefined> {
      const fence = newFence();
      const source = toSource(name, toFields(await BEGIN.run(redis, own(id, name), { fence })));
      return source && { source, fence: { name, fence } };
    },

    /** Notes what a read has found, after the book was written: a read that is done twice does no harm. Nothing when another read has begun since. */
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

    /** Notes that a read failed; what was read before stays. Nothing when another read has begun since. */
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
