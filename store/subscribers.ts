import type { Redis } from '../runtime/redis.ts';
import { GRACE } from './due.ts';
import type { Keys } from './keys.ts';
import { newStamp } from './marks.ts';

/**
 * `pending`: its XMPP account is being made; `leaving`: what Earshot did for it is being undone. Both are nobody to
 * the outside.
 */
export type SubscriberState = 'pending' | 'active' | 'leaving';

export type Subscriber = {
  id: string;
  phoneNumber: string;
  /** The keyed hash of the number. */
  numberKey: string;
  jid: string;
  displayName: string;
  state: SubscriberState;
};

export type Subscribers = ReturnType<typeof createSubscribers>;
export type Claim = 'ok' | 'number-taken' | 'jid-taken';

/** Milliseconds after which a subscriber that never became active is given up. */
const ABANDONED = 180_000;

const CREATE = `
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then return 'number-taken' end
if redis.call('HEXISTS', KEYS[3], ARGV[3]) == 1 then return 'jid-taken' end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[1])
redis.call('HSET', KEYS[3], ARGV[3], ARGV[1])
redis.call('HSET', KEYS[1], unpack(ARGV, 5))
redis.call('ZADD', KEYS[4], ARGV[4], ARGV[1])
return 'ok'`;

const ACTIVATE = `
if redis.call('HGET', KEYS[1], 'state') ~= 'pending' then return 0 end
redis.call('HSET', KEYS[1], 'state', 'active')
redis.call('HSET', KEYS[2], ARGV[2], ARGV[4])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
return 1`;

const CHANGE_NUMBER = `
if redis.call('HGET', KEYS[1], 'state') ~= 'active' then return 'gone' end
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then return 'number-taken' end
local old = redis.call('HGET', KEYS[1], 'numberKey')
redis.call('HDEL', KEYS[2], old)
redis.call('HSET', KEYS[2], ARGV[2], ARGV[1])
redis.call('HSET', KEYS[1], 'phoneNumber', ARGV[3], 'numberKey', ARGV[2])
redis.call('HSET', KEYS[3], old, ARGV[5], ARGV[2], ARGV[5])
redis.call('ZADD', KEYS[4], ARGV[4], ARGV[1])
return 'ok'`;

const LEAVE = `
local state = redis.call('HGET', KEYS[1], 'state')
if not state or state == 'leaving' then return 0 end
local number = redis.call('HGET', KEYS[1], 'numberKey')
redis.call('HSET', KEYS[1], 'state', 'leaving')
redis.call('HDEL', KEYS[2], number)
redis.call('HSET', KEYS[3], number, ARGV[3])
redis.call('SADD', KEYS[4], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[2], ARGV[1])
return 1`;

/**
 * Subscribers (hash `subscriber`), the directory (hash: number key → id) and the JIDs (hash: JID → id).
 * Whatever changes who owns a number also announces it (hash `announced`: number key → stamp): the reconciliation then
 * looks at everybody whose book holds that number.
 */
export function createSubscribers(redis: Redis, keys: Keys) {
  async function record(id: string): Promise<Subscriber | undefined> {
    return toSubscriber(id, await redis.hGetAll(keys.subscriber(id)));
  }

  return {
    /** Claims number and JID and stores the pending subscriber, all or nothing. Nobody sees it until it is activated. */
    async create(subscriber: Subscriber, now: number): Promise<Claim> {
      const { id, ...fields } = subscriber;
      const reply = await redis.eval(CREATE, {
        keys: [keys.subscriber(id), keys.directory, keys.jids, keys.due('account')],
        arguments: [id, subscriber.numberKey, subscriber.jid, `${now + ABANDONED}`, ...Object.entries(fields).flat()],
      });
      return reply as Claim;
    },

    /** From pending to active; false when it was not pending. */
    async activate(subscriber: Subscriber, now: number): Promise<boolean> {
      const { id, numberKey } = subscriber;
      const reply = await redis.eval(ACTIVATE, {
        keys: [keys.subscriber(id), keys.announced(id), keys.due('reconcile'), keys.due('account')],
        arguments: [id, numberKey, `${now + GRACE}`, newStamp()],
      });
      return reply === 1;
    },

    /** In any state. */
    record,

    /** Undefined unless active. */
    async get(id: string): Promise<Subscriber | undefined> {
      const subscriber = await record(id);
      return subscriber?.state === 'active' ? subscriber : undefined;
    },

    /** The records of many, in any state, in the order asked for. */
    async records(ids: readonly string[]): Promise<(Subscriber | undefined)[]> {
      if (ids.length === 0) return [];
      const batch = redis.multi();
      for (const id of ids) batch.hGetAll(keys.subscriber(id));
      const replies = await batch.execAsPipeline();
      return ids.map((id, i) => toSubscriber(id, replies[i] as unknown as Record<string, string>));
    },

    /** Who owns these numbers; undefined for nobody, in the order asked for. */
    async owners(numberKeys: readonly string[]): Promise<(string | undefined)[]> {
      if (numberKeys.length === 0) return [];
      return (await redis.hmGet(keys.directory, [...numberKeys])).map((id) => id ?? undefined);
    },

    /** Who uses this bare JID, in any state. */
    async idOfJid(jid: string): Promise<string | undefined> {
      return (await redis.hGet(keys.jids, jid)) ?? undefined;
    },

    async rename(id: string, displayName: string): Promise<void> {
      await redis.hSet(keys.subscriber(id), 'displayName', displayName);
    },

    /** Gives up the old number, claims the new one and announces both. */
    async changeNumber(
      id: string,
      phoneNumber: string,
      numberKey: string,
      now: number,
    ): Promise<'ok' | 'number-taken' | 'gone'> {
      const reply = await redis.eval(CHANGE_NUMBER, {
        keys: [keys.subscriber(id), keys.directory, keys.announced(id), keys.due('reconcile')],
        arguments: [id, numberKey, phoneNumber, `${now + GRACE}`, newStamp()],
      });
      return reply as 'ok' | 'number-taken' | 'gone';
    },

    /** Frees the number at once and marks everything for undoing; false when there is nobody to leave. */
    async leave(id: string, now: number): Promise<boolean> {
      const reply = await redis.eval(LEAVE, {
        keys: [keys.subscriber(id), keys.directory, keys.announced(id), keys.leaving, keys.due('reconcile')],
        arguments: [id, `${now + GRACE}`, newStamp()],
      });
      return reply === 1;
    },

    async leavers(): Promise<string[]> {
      return redis.sMembers(keys.leaving);
    },

    /** Forgets a subscriber that never became active. */
    async abandon(subscriber: Subscriber): Promise<void> {
      await redis.hDel(keys.directory, subscriber.numberKey);
      await this.forget(subscriber);
    },

    /** Forgets a subscriber for whom everything is undone, and frees its JID. */
    async forget(subscriber: Subscriber): Promise<void> {
      const { id, jid } = subscriber;
      const own = [
        keys.subscriber(id),
        keys.account(id),
        keys.tokens(id),
        keys.book(id),
        keys.contacts(id),
        keys.held(id),
        keys.dirtyNumbers(id),
        keys.dirtyPairs(id),
        keys.announced(id),
        keys.friends(id),
        keys.declined(id),
        keys.dirtyItems(id),
        keys.ledger(id),
        keys.playing(id),
        keys.published(id),
      ];
      await redis
        .multi()
        .del(own)
        .hDel(keys.jids, jid)
        .hDel(keys.presence, jid)
        .sRem(keys.leaving, id)
        .zRem(keys.due('tune'), id)
        .zRem(keys.due('roster'), id)
        .zRem(keys.due('reconcile'), id)
        .zRem(keys.due('account'), id)
        .exec();
    },
  };
}

function toSubscriber(id: string, fields: Record<string, string>): Subscriber | undefined {
  const { phoneNumber, numberKey, jid, displayName, state } = fields;
  if (!phoneNumber || !numberKey || !jid || !state) return undefined;
  return { id, phoneNumber, numberKey, jid, displayName: displayName ?? '', state: state as SubscriberState };
}
