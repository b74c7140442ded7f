import { IS_STILL } from '../base/fence.ts';
import { as, asYes, defineLua, defineScript } from '../base/script.ts';

/** What becomes of a code; each script is one step. */

/** Lua: `isReserved()`: whether a login has reserved the code, and its time is not over at `now`. */
const RESERVED = defineLua({
  keys: ['verification'],
  args: ['now'],
  lua: `
local function isReserved()
  return tonumber(redis.call('HGET', verification, 'claimedUntil') or '0') > tonumber(now)
end`,
});

/**
 * Uses up a try and gives what the code must hash to. In one step, or many who try at once would
 * have more tries than there are.
 */
export const ATTEMPT = defineScript({
  uses: [RESERVED],
  reply: as<string | null>,
  lua: `
if redis.call('EXISTS', verification) == 0 or isReserved() then return nil end
if redis.call('HINCRBY', verification, 'tries', -1) < 0 then return nil end
return redis.call('HGET', verification, 'codeHash')`,
});

/** Reserves the code for one login until `reservedUntil`; of two with the right code one gets it. */
export const RESERVE = defineScript({
  uses: [RESERVED],
  args: ['fence', 'reservedUntil'],
  reply: asYes,
  lua: `
if redis.call('EXISTS', verification) == 0 or isReserved() then return 0 end
redis.call('HSET', verification, 'claim', fence, 'claimedUntil', reservedUntil)
return 1`,
});

/** Uses the code up, if it is still reserved for this login. */
export const CONSUME = defineScript({
  uses: [IS_STILL],
  keys: ['verification', 'due'],
  args: ['id', 'fence'],
  reply: asYes,
  lua: `
if not isStill(verification, 'claim', fence) then return 0 end
redis.call('DEL', verification)
redis.call('ZREM', due, id)
return 1`,
});

/** Gives the code and the try back, if it is still reserved for this login. */
export const GIVE_BACK = defineScript({
  uses: [IS_STILL],
  keys: ['verification'],
  args: ['fence'],
  lua: `
if not isStill(verification, 'claim', fence) then return end
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
