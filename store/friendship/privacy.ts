import { Fault } from '../../domain/fault.ts';
import type { Privacy } from '../../domain/friendship/privacy.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { type Marks, newStamp } from '../base/marks.ts';
import { askSubscribers } from '../base/partitions.ts';
import { askSlices, slicesOf } from '../base/slices.ts';
import { GRACE } from '../due/due.ts';
import { duesOf } from '../due/makes-due.ts';
import { watchedKeys } from '../due/watched.ts';
import { changedKeys } from '../subscriber/changed-script.ts';
import type { PrivacyFields, PrivacyState } from './privacy-fields.ts';
import { CLEAR_BLOCKED, PUT_PRIVACY } from './privacy-script.ts';

/**
 * Somebody who is blocked: a subscriber, or whoever has a number. `sealed`: the number, which only
 * the owner of the settings can read again; left out where this is another form of a number that is
 * sealed elsewhere.
 */
export type Blocked = { subscriberId: string } | { numberKey: string; sealed?: string };

/** Who was blocked, or no longer is: ids and numbers, and the marks that say so. */
export type DirtyBlocked = { ids: string[]; numberKeys: string[]; marks: Marks };
/** Who of a pair may have blocked the other, by id or by one of its numbers. */
export type BlockQuestion = { who: string; other: { id: string; numberKeys: readonly string[] } };

const DAY = 86_400_000;
const SUBSCRIBER = 'id:';
const NUMBER = 'number:';

/**
 * Consent: hash `privacy` (the settings and their version, when somebody was last blocked, or no longer, and how many numbers were newly blocked on which day; none: OPEN), hash `blocked` (`id:<subscriber>` or `number:<number
 * key>` → the sealed number, or nothing) and hash `dirty-blocked` (the same fields → stamp): whose pair has to be decided anew. As long as such a mark
 * is there nothing of its owner is shown to the one it names; it goes when the pair is decided, and not before.
 */
export function createPrivacies(redis: Redis, keys: Keys, fields: PrivacyFields) {
  return {
    async read(id: string): Promise<PrivacyState> {
      return fields.read(id, await redis.hGetAll(keys.privacy(id)));
    },

    /** The settings of many, in the order asked for. */
    async of(ids: readonly string[]): Promise<Privacy[]> {
      const found = await askSubscribers(redis, ids, (batch, id) => batch.hGetAll(keys.privacy(id)));
      return ids.map((id, i) => fields.read(id, found[i] as Record<string, string>).privacy);
    },

    /** A subscriber who is being added stays hidden until it says otherwise itself. */
    async conceal(id: string): Promise<void> {
      await redis.hSet(keys.privacy(id), 'discoverable', '0');
    },

    /**
     * Replaces settings and blocked people in one step, and marks what follows from what differs. `mostNumbers`: that many numbers can come to
     * be blocked in a day; undefined where they are not counted.
     * @throws Fault NOT_FOUND, FAILED_PRECONDITION when they are not at `ifVersion`, TOO_MANY_REQUESTS
     */
    async put(
      id: string,
      privacy: Privacy,
      blocked: readonly Blocked[],
      ifVersion: number | undefined,
      now: number,
      mostNumbers?: number,
    ): Promise<number> {
      const [dueReconcile = '', ...outletDues] = duesOf(keys, 'privacy', id);
      const reply = await PUT_PRIVACY.run(
        redis,
        {
          record: keys.subscriber(id),
          privacy: keys.privacy(id),
          blocks: keys.blocked(id),
          announced: keys.announced(id),
          dirtyBlocked: keys.dirtyBlocked(id),
          playing: keys.playing(id),
          recent: keys.recent(id),
          ...watchedKeys(keys, id),
          ...changedKeys(keys, id),
          dueReconcile,
          outletDues,
        },
        {
          ...{ id, mark: newStamp(), now, day: Math.floor(now / DAY), mostNumbers, dueAt: now + GRACE, ifVersion },
          ...fields.of(id, privacy),
          chosen: typeof privacy.audience === 'object' ? '1' : '',
          events: keys.events(id),
          blocked: blocked.flatMap(toField),
        },
      );
      if (reply === 'gone') throw new Fault('NOT_FOUND', 'There is no such subscriber.');
      if (reply === 'changed')
        throw new Fault(
          'FAILED_PRECONDITION',
          'Somebody else has changed these settings; read their ETag and try again.',
        );
      if (reply === 'many')
        throw new Fault(
          'TOO_MANY_REQUESTS',
          `No more than ${mostNumbers} numbers that were not blocked before can be blocked in a day; nothing was changed.`,
          Math.ceil((DAY - (now % DAY)) / 1000),
        );
      return Number(reply);
    },

    async blocked(id: string): Promise<Blocked[]> {
      return Object.entries(await redis.hGetAll(keys.blocked(id))).map(toBlocked);
    },

    /** How many blocks there are; a number in several forms is as many. */
    async countBlocked(id: string): Promise<number> {
      return redis.hLen(keys.blocked(id));
    },

    /** Whether each of these numbers is blocked. */
    async blocksNumbers(id: string, numberKeys: readonly string[]): Promise<boolean[]> {
      const numbers = numberKeys.map((numberKey) => NUMBER + numberKey);
      return (await askSlices(numbers, (some) => redis.hmGet(keys.blocked(id), some))).map((field) => field !== null);
    },

    /** For each question: `who` has blocked `other`, by id or by number. */
    async blocks(questions: readonly BlockQuestion[]): Promise<boolean[]> {
      const whos = questions.map(({ who }) => who);
      const found = await askSubscribers(redis, whos, (batch, who, i) => {
        const { other } = questions[i] as BlockQuestion;
        batch.hmGet(keys.blocked(who), blockFieldsOf(other));
      });
      return found.map((fields) => (fields as (string | null)[]).some((field) => field !== null));
    },

    /** For each of the others: `id` has blocked it, by id or by number. */
    async blocksEach(id: string, others: readonly BlockQuestion['other'][]): Promise<boolean[]> {
      if (others.length === 0) return [];
      const fields = others.map(blockFieldsOf);
      const found = await redis.hmGet(keys.blocked(id), fields.flat());
      let from = 0;
      return fields.map(({ length }) => {
        from += length;
        return found.slice(from - length, from).some((field) => field !== null);
      });
    },

    /**
     * Takes blocks by id away whose subscriber is gone or leaving. The settings keep their version,
     * as nobody has changed them.
     */
    async forgetBlocked(id: string, others: readonly string[]): Promise<void> {
      if (others.length === 0) return;
      const fields = others.map((other) => SUBSCRIBER + other);
      await redis.hDel(keys.blocked(id), fields);
    },

    /** Whoever leaves blocks nobody any more. */
    async lift(id: string): Promise<void> {
      const fields = await redis.hKeys(keys.blocked(id));
      if (fields.length === 0) return;
      const stamp = newStamp();
      const marks = Object.fromEntries(fields.map((field) => [field, stamp]));
      await redis.multi().hSet(keys.dirtyBlocked(id), marks).del(keys.blocked(id)).exec();
    },

    /** Who was blocked, or no longer is, and has still to be looked at. */
    async dirtyBlocked(id: string): Promise<DirtyBlocked> {
      const marks = await redis.hGetAll(keys.dirtyBlocked(id));
      const named = (prefix: string) =>
        Object.keys(marks).flatMap((field) => (field.startsWith(prefix) ? [field.slice(prefix.length)] : []));
      return { ids: named(SUBSCRIBER), numberKeys: named(NUMBER), marks };
    },

    async clearDirtyBlocked(id: string, seen: Marks, now: number): Promise<void> {
      for (const some of slicesOf(Object.keys(seen)))
        await CLEAR_BLOCKED.run(
          redis,
          { marks: keys.dirtyBlocked(id), ...watchedKeys(keys, id) },
          {
            ...{ id, dueAt: now + GRACE, events: keys.events(id) },
            seen: some.flatMap((field) => [field, seen[field] as string]),
          },
        );
    },
  };
}

/** Whether fields of `blocked` or `dirty-blocked` name this one, by id or by the number under which it is held. */
export function isNamed(fields: ReadonlySet<string>, { id, held }: { id: string; held?: string }): boolean {
  return fields.has(SUBSCRIBER + id) || (held !== undefined && fields.has(NUMBER + held));
}

/** Under which somebody may be blocked, as fields of `blocked`. */
export function blockFieldsOf({ id, numberKeys }: BlockQuestion['other']): string[] {
  return [SUBSCRIBER + id, ...numberKeys.map((numberKey) => NUMBER + numberKey)];
}

function toField(one: Blocked): [string, string] {
  return 'subscriberId' in one ? [SUBSCRIBER + one.subscriberId, ''] : [NUMBER + one.numberKey, one.sealed ?? ''];
}

function toBlocked([field, sealed]: [string, string]): Blocked {
  return field.startsWith(NUMBER)
    ? { numberKey: field.slice(NUMBER.length), ...(sealed !== '' && { sealed }) }
    : { subscriberId: field.slice(SUBSCRIBER.length) };
}
