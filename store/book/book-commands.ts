import { eachInTurns } from '../../runtime/turns.ts';
import { IS_STILL } from '../base/fence.ts';
import { MANY_FIELDS } from '../base/many-fields.ts';
import { EACH_NUMBER } from '../base/packed-numbers.ts';
import { as, defineLua, defineScript } from '../base/script.ts';
import { BUCKET_OF } from '../image/book-buckets.ts';
import { RECORD_BYTES } from '../image/book-image.ts';
import { SOURCE_FENCE } from '../image/source-fence.ts';
import { BUDGET } from './budget-script.ts';
import { FORGIVE } from './forgiving.ts';

/**
 * What a step of a write does to a book, in strings of bytes. `state` sets fields of its own hash,
 * and `end` takes one away. `set` takes number keys, each with its value after it, `unset` number
 * keys. `records`: cuts some out and adds others. `follow`, which comes last: what follows for
 * everything else from the numbers that came, those that changed in any way, and those that left.
 */
export type Command =
  | { do: 'state' | 'end' | 'set' | 'unset'; fields: readonly string[] }
  | { do: 'records'; cut: readonly string[]; added: readonly string[] }
  | { do: 'follow'; came: readonly string[]; touched: readonly string[]; gone: readonly string[] };

/**
 * Lua: `whyNot(source)`: why a writer may not go on: `gone` (the subscriber), `over` (another read of
 * the source has begun since) and `changed` (by another writer); nil while the book has the version
 * that this one has read, and the writer between two steps is still the one whose fence it has read
 * or written. `fence`: of the read of the source, where the book is a source's.
 */
export const WRITER = defineLua({
  uses: [IS_STILL],
  keys: ['record', 'book'],
  args: ['version', 'writer', 'fence'],
  lua: `
local function whyNot(source)
  if redis.call('HGET', record, 'state') ~= 'active' then return 'gone' end
  if source and not isStill(source, '${SOURCE_FENCE}', fence) then return 'over' end
  if not isStill(book, 'version', version) or not isStill(book, 'writing', writer) then return 'changed' end
end`,
});

/**
 * Runs the commands of one step, unless `whyNot` says why not. In the same step new numbers are
 * charged, those that do not wait are marked for the reconciliation, and noes end, so that a book is
 * never there without what follows from it. `held`, `uids`: what stands before the number of a
 * bucket. `source`: of a source's book the source. `commands`: packed, see `packCommands`.
 */
export const COMMIT = defineScript({
  uses: [FORGIVE, BUDGET, EACH_NUMBER, BUCKET_OF, WRITER, MANY_FIELDS],
  keys: ['held', 'uids', 'dirtyNumbers', 'dueReconcile'],
  keyList: 'source',
  args: ['stamp', 'dueAt', 'commands'],
  reply: as<'done' | 'gone' | 'over' | 'changed'>,
  lua: `
local buckets = tonumber(redis.call('HGET', book, 'buckets') or '1')
local run = {}
function run.state(words) redis.call('HSET', book, unpack(words, 2)) end
run['end'] = function(words) redis.call('HDEL', book, unpack(words, 2)) end
local function byBucket(words, each)
  local parts = {}
  for i = 2, #words, each do
    local bucket = bucketOf(held, words[i], buckets)
    local part = parts[bucket] or {}
    parts[bucket] = part
    for n = i, i + each - 1 do part[#part + 1] = words[n] end
  end
  return parts
end
function run.set(words)
  for bucket, part in pairs(byBucket(words, 2)) do setFields(bucket, part) end
end
function run.unset(words)
  for bucket, part in pairs(byBucket(words, 1)) do dropFields(bucket, part) end
end
local function eachRecord(list, visit)
  for at = 1, #list, ${RECORD_BYTES} do
    local record = string.sub(list, at, at + ${RECORD_BYTES - 1})
    visit(bucketOf(uids, record, buckets), record)
  end
end
local function cutOut(key, record)
  local list = redis.call('GET', key) or ''
  local at = string.find(list, record, 1, true)
  while at and at % ${RECORD_BYTES} ~= 1 do at = string.find(list, record, at + 1, true) end
  if not at then return end
  list = string.sub(list, 1, at - 1) .. string.sub(list, at + ${RECORD_BYTES})
  if list == '' then redis.call('DEL', key) else redis.call('SET', key, list) end
end
function run.records(words)
  eachRecord(words[2], cutOut)
  local added = {}
  eachRecord(words[3], function(key, record) added[key] = (added[key] or '') .. record end)
  -- APPEND would keep room for as much again.
  for key, records in pairs(added) do redis.call('SET', key, (redis.call('GET', key) or '') .. records) end
end
local function mark(b, touched)
  local marks = {}
  eachNumber(touched, function(number)
    if isWaiting(b, number) then return end
    marks[#marks + 1] = number
    marks[#marks + 1] = stamp
  end)
  setFields(dirtyNumbers, marks)
end
function run.follow(words)
  local came, touched, gone, isGone = words[2], words[3], words[4], {}
  eachNumber(gone, function(number) isGone[number] = true end)
  forgive(isGone)
  local b, others = openBudget(), otherBooks(held)
  payFor(b, others, came)
  mark(b, touched)
  eachNumber(gone, function(number) giveUp(b, others, number) end)
  closeBudget(b)
  redis.call('ZADD', dueReconcile, dueAt, id)
end
local why = whyNot(source[1])
if why then return why end
local at = 1
while at <= #commands do
  local words, count = {}, struct.unpack('>I4', commands, at)
  at = at + 4
  for i = 1, count do words[i], at = struct.unpack('>I4c0', commands, at) end
  run[words[1]](words)
end
return 'done'`,
});

/** Of a length in front of what it tells the length of. */
const LENGTH_BYTES = 4;

/**
 * One argument, however many words, as the client hands arguments on by the stack: of each command
 * a count of words, then each word after its length, four bytes each.
 */
export async function packCommands(commands: readonly Command[]): Promise<Buffer> {
  const all = commands.map(toWords);
  let length = 0;
  await eachInTurns(all, (words) => {
    length += LENGTH_BYTES;
    for (const word of words) length += LENGTH_BYTES + word.length;
  });
  const packed = Buffer.allocUnsafe(length);
  let at = 0;
  await eachInTurns(all, (words) => {
    at = packed.writeUInt32BE(words.length, at);
    for (const word of words) {
      at = packed.writeUInt32BE(word.length, at);
      at += packed.write(word, at, 'latin1');
    }
  });
  return packed;
}

function toWords(command: Command): string[] {
  switch (command.do) {
    case 'state':
    case 'end':
    case 'set':
    case 'unset':
      return [command.do, ...command.fields];
    case 'records':
      return [command.do, command.cut.join(''), command.added.join('')];
    case 'follow':
      return [command.do, command.came.join(''), command.touched.join(''), command.gone.join('')];
  }
}
