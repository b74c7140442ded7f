import type { Keys } from '../base/keys.ts';
import { defineLua } from '../base/script.ts';

/**
 * Lua: `situation(told)`: all that decides what an outlet is to show, and what it was told (`told`: the
 * key of that). Whether somebody is parting, barred or undecided, and not who: strangers decide how
 * many these are. Who is blocked counts as barred, subscriber or not. Of the record what an outlet has to know, and neither numbers nor names; of the
 * settings that a line is suspended (`1`), and not by which number: a wake brings all of it along.
 */
export const SITUATION = defineLua({
  keys: ['record', 'playing', 'privacy', 'partings', 'barred', 'blocks', 'dirtyBlocked'],
  lua: `
local function settings()
  local fields = redis.call('HGETALL', privacy)
  for i = 1, #fields, 2 do
    if fields[i] == 'suspended' then fields[i + 1] = '1' end
  end
  return fields
end
local function situation(told)
  return {
    redis.call('HMGET', record, 'state', 'jid', 'leavesHome'),
    redis.call('HGETALL', playing),
    settings(),
    redis.call('HGETALL', told),
    { redis.call('EXISTS', partings), redis.call('EXISTS', barred, blocks), redis.call('EXISTS', dirtyBlocked) },
  }
end`,
});

/** The keys of that Lua. */
export function situationKeys(keys: Keys, id: string) {
  return {
    record: keys.subscriber(id),
    playing: keys.playing(id),
    privacy: keys.privacy(id),
    partings: keys.partings(id),
    barred: keys.barred(id),
    blocks: keys.blocked(id),
    dirtyBlocked: keys.dirtyBlocked(id),
  };
}
