import { as, asYes, defineLua, defineScript } from '../base/script.ts';

/** What becomes of a code; each script is one step. */

/** Lua: somebody holds a claim that is not over at `now`. */
const CLAIMED = defineLua({
  keys: ['verification'],
  args: ['now'],
  lua: `
local function isClaimed()
  return tonumber(redis.call('HGET', verification, 'claimedUntil') or '0') > tonumber(now)
end`,
});

/**
 * Uses up a try and gives what the code must hash to. In one step, or many who try at once would
 * have more tries than there are.
 */
export const ATTEMPT = defineScript({
  uses: [CLAIMED],
  reply: as<string | null>,
  lua: `
if redis.call('EXISTS', verification) == 0 or isClaimed() then return nil end
if redis.call('HINCRBY', verification, 'tries', -1) < 0 then return nil end
return redis.call('HGET', verification, 'codeHash')`,
});

/** Claims the code for one login until `claimedUntil`; of two with the right code one gets it. */
export const CLAIM = defineScript({
  uses: [CLAIMED],
  args: ['stamp', 'claimedUntil'],
  reply: asYes,
  lua: `
if redis.call('EXISTS', verification) == 0 or isClaimed() then return 0 end
redis.call('HSET', verification, 'claim', stamp, 'claimedUntil', claimedUntil)
return 1`,
});

/** Uses the code up if the claim is still the one with this stamp. */
export const CONSUME = defineScript({
  keys: ['verification', 'due'],
  args: ['id', 'stamp'],
  reply: asYes,
  lua: `
if redis.call('HGET', verification, 'claim') ~= stamp then return 0 end
redis.call('DEL', verification)
redis.call('ZREM', due, id)
return 1`,
});

/** Gives claim and try back if the claim is still the one with this stamp. */
export const RELEASE = defineScript({
  keys: ['verification'],
  args: ['stamp'],
  lua: `
if redis.call('HGET', verification, 'claim') ~= stamp then return end
redis.call('HDEL', verification, 'claim', 'claimedUntil')
redis.call('HINCRBY', verification, 'tries', 1)`,
});

/** Forgets the message and that it is due. */
export const DELIVERED = defineScript({
  keys: ['verification', 'due'],
  args: ['id'],
  lua: `
redis.call('HDEL', verification, 'message')
redis.call('ZREM', due, id)`,
});
