import type { Redis } from '../../runtime/redis/redis.ts';
import { claim, release } from '../base/claims.ts';
import { type Fence, newFence } from '../base/fence.ts';
import type { Interned } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { partitionOf } from '../base/partitions.ts';
import { GRACE } from '../due/due.ts';
import { dueOf, duesOf } from '../due/makes-due.ts';
import { watchedKeys } from '../due/watched.ts';
import { changedKeys } from './changed-script.ts';
import type { Gone } from './gone.ts';
import { BEGIN, COMMIT, DROP_INTENTION, TAKE_OVER } from './identity-scripts.ts';
import { jidPlace, numberPlace } from './places.ts';
import type { Spent } from './spent.ts';
import { keysOf, type Numbers, numberFields, type Subscriber, toSubscriber } from './subscriber-record.ts';

/** What a subscriber shall be known by from now on. */
export type Wanted = { numbers: Numbers; jid: string };

/** Places in the directory that may be a subscriber's while a change goes on. */
export type Named = { numberKeys: readonly string[]; jid?: string };

/**
 * `busy`: another change of this subscriber is under way, or somebody is just giving up what is wanted. `changed`: the record is not what
 * the change was made of.
 */
export type ChangeOutcome = 'ok' | 'number-taken' | 'jid-taken' | 'busy' | 'changed' | 'gone';

/** Milliseconds that a change may take; then it is taken for abandoned. */
export const PATIENCE = 10_000;

/**
 * Changes what a subscriber is known by, in steps of one slot each. Hash `intention` (the fence in the field `stamp`, a deadline, the number keys and
 * the JID that may be the subscriber's in the directory now) is there from before the first claim until after the last
 * release, so whoever dies in between leaves a note of what to look at; while it is there nobody else changes the
 * subscriber. The record is the truth: what the intention names and the record does not is given back.
 */
export function createIdentity(redis: Redis, interned: Interned, spent: Spent, gone: Gone, keys: Keys) {
  const places = (id: string) => ({
    record: keys.subscriber(id),
    intention: keys.intention(id),
    announced: keys.announced(id),
    former: keys.former(id),
    privacy: keys.privacy(id),
    dirtyItems: keys.dirtyItems(id),
    playing: keys.playing(id),
    dueReconcile: dueOf(keys, 'renumbered', id),
    movedDues: duesOf(keys, 'moved', id),
    ...watchedKeys(keys, id),
    ...changedKeys(keys, id),
    gone: keys.gone(partitionOf(id)),
  });

  /** The fence of a new intention, or why there is none. */
  async function begin(
    id: string,
    wanted: Named,
    now: number,
    seen?: Subscriber,
  ): Promise<{ fence: Fence } | 'gone' | 'busy' | 'abandoned' | 'changed'> {
    const fence = newFence();
    const before = seen ? [seen.phoneNumber, (seen.otherPhoneNumbers ?? []).join(' '), seen.jid] : [];
    const reply = await BEGIN.run(redis, places(id), {
      ...{ id, fence, now, deadline: now + PATIENCE },
      ...{ numberKeys: wanted.numberKeys.join(' '), jid: wanted.jid, seen: before },
    });
    return reply === 'ok' ? { fence } : reply;
  }

  /**
   * Claims the numbers and the JID in an order that is the same for everybody, so that of several
   * who want the same numbers one gets them all.
   */
  async function claimAll(id: string, { numbers, jid }: Wanted): Promise<'ok' | 'number-taken' | 'jid-taken' | 'gone'> {
    const index = await interned.indexOf(id);
    if (index === undefined) return 'gone';
    for (const key of [...keysOf(numbers)].sort())
      if (!(await claim(redis, numberPlace(keys, key), index))) return 'number-taken';
    return (await claim(redis, jidPlace(keys, jid), index)) ? 'ok' : 'jid-taken';
  }

  /** Writes the record and announces the numbers before and after; with another JID everything of the old account is to be undone. `farewell`: as for `COMMIT`. `lost`: somebody took the change for abandoned. */
  async function commit(
    id: string,
    fence: Fence,
    { numbers, jid }: Wanted,
    now: number,
    farewell?: string,
  ): Promise<'ok' | 'lost' | 'gone'> {
    const fields = Object.entries({ ...numberFields(numbers), jid }).flat();
    return COMMIT.run(redis, places(id), {
      ...{ id, fence, dueAt: now + GRACE, mark: newStamp(), fields, farewell },
      readdressedDues: duesOf(keys, 'readdressed', id),
      audienceDues: duesOf(keys, 'audience', id),
      events: keys.events(id),
    });
  }

  /** Gives back what the intention names and the record does not, and ends the intention: the end of a change, done or not. */
  async function finish(id: string, fence: Fence): Promise<void> {
    const [intention, fields, index] = await Promise.all([
      redis.hGetAll(keys.intention(id)),
      redis.hGetAll(keys.subscriber(id)),
      interned.indexOf(id),
    ]);
    if (intention.stamp !== fence) return;
    const record = toSubscriber(id, fields);
    const own = record && record.state !== 'leaving' ? new Set(keysOf(record)) : new Set();
    const named = [...new Set((intention.numbers ?? '').split(' '))].filter((key) => key !== '' && !own.has(key));
    if (index !== undefined) {
      for (const key of named) await release(redis, numberPlace(keys, key), index);
      if (intention.jid && intention.jid !== record?.jid) await release(redis, jidPlace(keys, intention.jid), index);
    }
    await DROP_INTENTION.run(redis, places(id), { fence });
  }

  /**
   * Ends a change whose process is gone: what was committed is finished, everything else undone; true where there was one. `atOnce`: does
   * not wait for its deadline.
   */
  async function settle(id: string, now: number, atOnce = false): Promise<boolean> {
    const fence = newFence();
    const latest = atOnce ? '+inf' : now;
    const taken = await TAKE_OVER.run(redis, places(id), { fence, deadline: now + PATIENCE, latest });
    if (taken) await finish(id, fence);
    return taken;
  }

  /** Gives back places that the directory says are the subscriber's and its record does not name, unless a change is under way. */
  async function giveBack(id: string, named: Named, now: number): Promise<void> {
    const begun = await begin(id, named, now);
    if (begun === 'abandoned') await settle(id, now);
    if (typeof begun !== 'string') await finish(id, begun.fence);
  }

  /** Changes numbers and JID together, all or nothing. `seen`: the record that they were made of; then only while it is still so. */
  async function change(id: string, wanted: Wanted, now: number, seen?: Subscriber): Promise<ChangeOutcome> {
    const named = { numberKeys: keysOf(wanted.numbers), jid: wanted.jid };
    const begun = await begin(id, named, now, seen);
    if (begun === 'abandoned') await settle(id, now);
    if (typeof begun === 'string') return begun === 'abandoned' ? 'busy' : begun;
    const claimed = await claimAll(id, wanted);
    const former = toSubscriber(id, await redis.hGetAll(keys.subscriber(id)));
    // The record stands still from `begin` on.
    const farewell = former && claimed === 'ok' ? await gone.farewellTo(id, former, wanted.numbers) : undefined;
    const outcome = claimed === 'ok' ? await commit(id, begun.fence, wanted, now, farewell) : claimed;
    if (outcome === 'ok') {
      await spent.comeWith(id, named.numberKeys, now);
      const before = former ? keysOf(former) : [];
      await spent.leaveWith(
        id,
        before.filter((key) => !named.numberKeys.includes(key)),
        now,
      );
    }
    await finish(id, begun.fence);
    // Whoever took this change over may have given back less than this process has claimed since.
    if (outcome === 'lost') await giveBack(id, named, now);
    return outcome === 'lost' ? 'busy' : outcome;
  }

  return { begin, claimAll, commit, finish, settle, giveBack, change };
}
