import type { Redis } from '../../runtime/redis/redis.ts';
import { IS_STILL } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { asYes, defineScript } from '../base/script.ts';
import { GRACE } from '../due/due.ts';
import { dueOf } from '../due/makes-due.ts';
import { ABANDONED } from '../subscriber/joining.ts';

/**
 * An XMPP account that Earshot shall make for a subscriber: `wanted` until the component has an answer, then `made`,
 * `taken` (somebody else's account has that name) or `refused` (the server would not).
 */
export type AccountState = 'wanted' | 'made' | 'taken' | 'refused';

export type Accounts = ReturnType<typeof createAccounts>;

/**
 * Seconds that a request, and with it the password, is kept unless whoever waits for the answer
 * renews it: whose process has died keeps nobody from asking for longer.
 */
const LEASE = 5;

/**
 * Writes a request where there is none, and makes the subscriber due, in one step. Of two who want
 * something at once one is told no, or it would be shown the other's password as its own; and so is who wants one before the account
 * is locked (`store/account/lock-outs`).
 */
const WANT = defineScript({
  keys: ['account', 'lockedOut', 'due'],
  args: ['id', 'password', 'lease', 'soon'],
  reply: asYes,
  lua: `
if redis.call('EXISTS', lockedOut) == 1 then
  redis.call('ZADD', due, 'NX', soon, id)
  return 0
end
if redis.call('EXISTS', account) == 1 then return 0 end
redis.call('HSET', account, 'state', 'wanted', 'password', password)
redis.call('EXPIRE', account, lease)
redis.call('ZADD', due, soon, id)
return 1`,
});

/**
 * Answers the request with that password. A job that ends after nobody waits for it must not answer
 * for the next one. Nothing is due any more; but a pending subscriber whom nobody makes active is to
 * be given up, at the time `giveUpAt`.
 */
const ANSWER = defineScript({
  uses: [IS_STILL],
  keys: ['record', 'account', 'due'],
  args: ['id', 'password', 'state', 'lease', 'giveUpAt'],
  lua: `
if not isStill(account, 'password', password) then return end
redis.call('HSET', account, 'state', state)
redis.call('HDEL', account, 'password')
redis.call('EXPIRE', account, lease)
if redis.call('HGET', record, 'state') == 'pending' then redis.call('ZADD', due, giveUpAt, id)
else redis.call('ZREM', due, id) end`,
});

/**
 * Notes an account before it is made, while somebody waits for it: whoever gave it up has looked
 * for this note, and would not look again.
 */
const NOTE_OURS = defineScript({
  keys: ['record', 'madeAccounts'],
  args: ['jid'],
  reply: asYes,
  lua: `
if redis.call('HGET', record, 'state') ~= 'pending' then return 0 end
redis.call('HSET', madeAccounts, jid, '')
return 1`,
});

/**
 * Has the component of another home work for somebody who leaves, as accounts are left there: writes
 * `leavesHome` and makes the subscriber due. Not while a former JID has still to be left.
 */
const HAND_ON = defineScript({
  keys: ['record', 'former', 'due'],
  args: ['id', 'host', 'now'],
  lua: `
if redis.call('HGET', record, 'state') ~= 'leaving' or redis.call('EXISTS', former) == 1 then return end
redis.call('HSET', record, 'leavesHome', host)
redis.call('ZADD', due, now, id)`,
});

/** Takes `leavesHome` away again: the component of the JID's home works for the subscriber. */
const HAND_BACK = defineScript({
  keys: ['record', 'former'],
  lua: `if redis.call('EXISTS', former) == 0 then redis.call('HDEL', record, 'leavesHome') end`,
});

/**
 * Hash `account` of a subscriber: state and password of an account that is wanted; the password
 * goes with the answer. Hash `made-accounts` of a subscriber: the JIDs of the accounts that were
 * made for it, as fields without a meaning of their values. Only these may Earshot delete or give
 * another password, and they go when the subscriber is erased.
 */
export function createAccounts(redis: Redis, keys: Keys) {
  const places = (id: string) => ({ account: keys.account(id), due: dueOf(keys, 'accountAsked', id) });

  return {
    /** False while something else is wanted for the subscriber, or its answer not fetched yet; and until a lock is done. */
    async want(id: string, password: string, now: number): Promise<boolean> {
      return WANT.run(
        redis,
        { ...places(id), lockedOut: keys.lockedOut(id) },
        { id, password, lease: LEASE, soon: now + GRACE },
      );
    },

    /** Undefined when nothing is wanted any more. */
    async wanted(id: string): Promise<{ password: string } | undefined> {
      const { state, password } = await redis.hGetAll(keys.account(id));
      return state === 'wanted' && password ? { password } : undefined;
    },

    /** Somebody goes on waiting for the answer; to be called every second. */
    async renew(id: string): Promise<void> {
      await redis.expire(keys.account(id), LEASE);
    },

    async state(id: string): Promise<AccountState | undefined> {
      return ((await redis.hGet(keys.account(id), 'state')) ?? undefined) as AccountState | undefined;
    },

    /** What came of a wanted password; of no interest when another one is wanted by now. */
    async answer(id: string, password: string, state: Exclude<AccountState, 'wanted'>, now: number): Promise<void> {
      const at = { record: keys.subscriber(id), ...places(id) };
      await ANSWER.run(redis, at, { id, password, state, lease: LEASE, giveUpAt: now + ABANDONED });
    },

    async forget(id: string): Promise<void> {
      await redis.del(keys.account(id));
    },

    /** To be called before the account is made; false when nobody waits for it any more, and it must not be. */
    async noteOurs(id: string, jid: string): Promise<boolean> {
      return NOTE_OURS.run(redis, { record: keys.subscriber(id), madeAccounts: keys.madeAccounts(id) }, { jid });
    },

    /** The JIDs of the accounts that Earshot made for the subscriber. */
    async madeFor(id: string): Promise<string[]> {
      return redis.hKeys(keys.madeAccounts(id));
    },

    /** An account that was deleted may be there again. */
    async oursAgain(id: string, jid: string): Promise<void> {
      await redis.hSet(keys.madeAccounts(id), jid, '');
    },

    /** The accounts that are left of somebody who leaves are at the home with that host. */
    async handOn(id: string, host: string, now: number): Promise<void> {
      const at = { record: keys.subscriber(id), former: keys.former(id), due: dueOf(keys, 'accountAsked', id) };
      await HAND_ON.run(redis, at, { id, host, now });
    },

    /** The home of the JID works again for somebody who leaves, unless a former JID has still to be left. */
    async handBack(id: string): Promise<void> {
      await HAND_BACK.run(redis, { record: keys.subscriber(id), former: keys.former(id) }, {});
    },

    /** The account is gone, was never made, or is somebody else's. */
    async forgetOurs(id: string, jid: string): Promise<void> {
      await redis.hDel(keys.madeAccounts(id), jid);
    },
  };
}
