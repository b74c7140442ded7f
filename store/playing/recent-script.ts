import { defineLua, defineScript } from '../base/script.ts';

/**
 * Notes a piece in the history (`piece`: what stands for it; empty where there is none), unless the
 * settings are others by now than when it was decided that it is shown: what another setting hides,
 * or shows to others, must not be noted any more. `isRight`: whether that was looked at in the same step. More than `longest` pieces push out the oldest.
 */
export const PIECE = defineLua({
  keys: ['record', 'recent', 'privacy'],
  args: ['piece', 'played', 'history', 'longest', 'discoverable', 'audience', 'privateUntil'],
  lua: `
local function hasOtherSettings()
  local now = redis.call('HMGET', privacy, 'discoverable', 'audience', 'privateUntil', 'suspended')
  return now[4] or (now[1] or '1') ~= discoverable or (now[2] or '"friends"') ~= audience or (now[3] or '') ~= privateUntil
end
local function notePiece(isRight)
  if piece == '' then return end
  if not isRight and (redis.call('HGET', record, 'state') ~= 'active' or hasOtherSettings()) then return end
  redis.call('HSET', recent, piece, played)
  redis.call('PEXPIRE', recent, history)
  if redis.call('HLEN', recent) <= tonumber(longest) then return end
  local pieces = redis.call('HGETALL', recent)
  local oldest, least
  for i = 1, #pieces, 2 do
    local at = tonumber(string.match(pieces[i + 1], '^%d+'))
    if not least or at < least then oldest, least = pieces[i], at end
  end
  redis.call('HDEL', recent, oldest)
end`,
});

/** The same by itself, for settings that were changed while something plays. */
export const NOTE_PIECE = defineScript({ uses: [PIECE], lua: 'notePiece()' });
