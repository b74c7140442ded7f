/**
 * Lua: `dropBook(book, held, uids, dirty, stamp, waiting)` takes a book's buckets away and marks its numbers but those that wait; returns
 * how many there were, and a table of them. The version goes on counting: a client that remembers an old one must not meet it again.
 */
export const DROP_BOOK = `
local function dropBook(info, held, uids, dirty, stamp, waiting)
  local book = redis.call('HMGET', info, 'contacts', 'buckets')
  local touched, gone = 0, {}
  if (book[1] or '0') == '0' then return touched, gone end
  for bucket = 0, tonumber(book[2]) - 1 do
    for _, number in ipairs(redis.call('HKEYS', held .. bucket)) do
      if redis.call('HEXISTS', waiting, number) == 0 then redis.call('HSET', dirty, number, stamp) end
      touched = touched + 1
      gone[number] = true
    end
    redis.call('DEL', held .. bucket, uids .. bucket)
  end
  redis.call('HSET', info, 'contacts', 0, 'numbers', 0, 'bytes', 0, 'buckets', 1)
  redis.call('HDEL', info, 'writing')
  redis.call('HINCRBY', info, 'version', 1)
  return touched, gone
end`;
