import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { asYes, defineScript } from '../base/script.ts';
import { dueOf } from '../due/makes-due.ts';

/**
 * Marks the account that the subscriber has, where Earshot made it, and makes the subscriber due. In one step with that ends a
 * password that is just being set: whoever wants it may be who is to be locked out.
 */
const BEGIN = defineScript({
  keys: ['record', 'madeAccounts', 'account', 'lockedOut', 'due'],
  args: ['id', 'now'],
  reply: asYes,
  lua: `
local state, jid = unpack(redis.call('HMGET', record, 'state', 'jid'))
if state ~= 'active' or redis.call('HEXISTS', madeAccounts, jid) == 0 then return 0 end
redis.call('SET', lockedOut, '1')
redis.call('DEL', account)
redis.call('ZADD', due, now, id)
return 1`,
});

/**
 * Accounts whose password is to be one that nobody knows, and whose clients are to be logged out (decision 216). String
 * `locked-out` of a subscriber: there until the component has done it; no other password is set before.
 */
export function createLockOuts(redis: Redis, keys: Keys) {
  return {
    /** False where there is no account that Earshot made. `now`: milliseconds since the epoch. */
    async begin(id: string, now: number): Promise<boolean> {
      const places = {
        ...{ record: keys.subscriber(id), madeAccounts: keys.madeAccounts(id), account: keys.account(id) },
        ...{ lockedOut: keys.lockedOut(id), due: dueOf(keys, 'accountAsked', id) },
      };
      return BEGIN.run(redis, places, { id, now });
    },

    async isUnderWay(id: string): Promise<boolean> {
      return (await redis.exists(keys.lockedOut(id))) === 1;
    },

    async done(id: string): Promise<void> {
      await redis.del(keys.lockedOut(id));
    },
  };
}
