import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';
import { asYes, defineScript } from '../base/script.ts';

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
 * Writes a request where there is none. Of two who want something at once one is told no, or it
 * would be shown the other's password as its own.
 */
const WANT = defineScript({
  keys: ['account'],
  args: ['password', 'lease'],
  reply: asYes,
  lua: `
if redis.call('EXISTS', account) == 1 then return 0 end
redis.call('HSET', account, 'state', 'wanted', 'password', password)
redis.call('EXPIRE', account, lease)
return 1`,
});

/**
 * Answers the request with that password. A job that ends after nobody waits for it must not answer
 * for the next one.
 */
const ANSWER = defineScript({
  keys: ['account'],
  args: ['password', 'state', 'lease'],
  lua: `
if redis.call('HGET', account, 'password') ~= password then return end
redis.call('HSET', account, 'state', state)
redis.call('HDEL', account, 'password')
redis.call('EXPIRE', account, lease)`,
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
 * Hash `account` of a subscriber: state and password of an account that is wanted; the password
 * goes with the answer. Hash `made-accounts` of a subscriber: the JIDs of the accounts that were
 * made for it, as fields without a meaning of their values. Only these may Earshot delete or give
 * another password, and they go when the subscriber is erased.
 */
export function createAccounts(redis: Redis, keys: Keys) {
  return {
    /** False while something else is wanted for the subscriber, or its answer not fetched yet. */
    async want(id: string, password: string): Promise<boolean> {
      return WANT.run(redis, { account: keys.account(id) }, { password, lease: LEASE });
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
    async answer(id: string, password: string, state: Exclude<AccountState, 'wanted'>): Promise<void> {
      await ANSWER.run(redis, { account: keys.account(id) }, { password, state, lease: LEASE });
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

    /** The account is gone, was never made, or is somebody else's. */
    async forgetOurs(id: string, jid: string): Promise<void> {
      await redis.hDel(keys.madeAccounts(id), jid);
    },
  };
}
