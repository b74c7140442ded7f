import { defineLua } from '../base/script.ts';
import { ASK_FOR_ACCESS } from '../due/asked-access.ts';

/**
 * Lua of the field `suspended` of the hash `privacy`: the numbers, as the record has them, by which a subscriber is suspended, with spaces
 * between. `suspendedBy()` reads them. `suspendBy(numbers, stamp)` writes those of them that the record has, and says whether that
 * suspends the subscriber, or ends that; then the outlets are asked to look, which the script itself puts into their due lists.
 */
export const SUSPENDED_BY = defineLua({
  uses: [ASK_FOR_ACCESS],
  keys: ['record', 'privacy'],
  lua: `
local function suspendedBy()
  local numbers = {}
  for number in string.gmatch(redis.call('HGET', privacy, 'suspended') or '', '%S+') do numbers[#numbers + 1] = number end
  return numbers
end
local function suspendBy(numbers, stamp)
  local own, has, kept = redis.call('HMGET', record, 'phoneNumber', 'otherPhoneNumbers'), {}, {}
  for number in string.gmatch((own[1] or '') .. ' ' .. (own[2] or ''), '%S+') do has[number] = true end
  for _, number in ipairs(numbers) do
    if has[number] then kept[#kept + 1] = number end
    has[number] = nil
  end
  local was = redis.call('HEXISTS', privacy, 'suspended') == 1
  if #kept > 0 then redis.call('HSET', privacy, 'suspended', table.concat(kept, ' '))
  else redis.call('HDEL', privacy, 'suspended') end
  if was == (#kept > 0) then return false end
  askForAccess(stamp)
  return true
end`,
});
