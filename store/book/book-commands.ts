import { eachInTurns } from '../../runtime/turns.ts';
import { EACH_NUMBER } from '../base/packed-numbers.ts';
import { as, defineScript } from '../base/script.ts';
import { RECORD_BYTES } from './book-image.ts';
import { BUDGET } from './budget-script.ts';
import { FORGIVE } from './forgiving.ts';

/**
 * What a step of a write does to a book's hashes, in strings of bytes. `set` takes fields, each
 * with its value after it. `records`: cuts some out of a list and adds others. `follow`, which
 * comes last: what follows for everything else from the numbers that came, those that changed in
 * any way, and those that left.
 */
export type Command =
  | { do: 'set'; key: string; fields: readonly string[] }
  | { do: 'unset'; key: string; fields: readonly string[] }
  | { do: 'unlink'; keys: readonly string[] }
  | { do: 'records'; key: string; cut: readonly string[]; added: readonly string[] }
  | { do: 'follow'; came: readonly string[]; touched: readonly string[]; gone: readonly string[] };

/** Marks in one call: Lua can hand on a few thousand arguments at once. */
const BATCH = 1_000;

/**
 * Runs the commands of one step if the book is still at the version, and in the hands of the
 * writer, that they were made for: `gone`, `over` (the lease on the source) and `changed` say why
 * nothing was done. In the same step new numbers are charged, those that do not wait are marked for
 * the reconciliation, and noes end, so that a book is never there without what follows from it.
 * `leased`: of a source's book the source. `held`: what stands before the book's buckets.
 * `commands`: packed, see `packCommands`.
 */
export const COMMIT = defineScript({
  uses: [FORGIVE, BUDGET, EACH_NUMBER],
  keys: ['record', 'book', 'held', 'dirtyNumbers', 'dueReconcile'],
  keyList: 'leased',
  args: ['version', 'writer', 'lease', 'stamp', 'dueAt', 'commands'],
  reply: as<'done' | 'gone' | 'over' | 'changed'>,
  lua: `
local run = {}
function run.set(key, ...) redis.call('HSET', key, ...) end
function run.unset(key, ...) redis.call('HDEL', key, ...) end
function run.unlink(...) redis.call('UNLINK', ...) end
function run.records(key, cut, added)
  local isCut, kept = {}, {}
  for at = 1, #cut, ${RECORD_BYTES} do isCut[string.sub(cut, at, at + ${RECORD_BYTES - 1})] = true end
  local list = redis.call('GET', key) or ''
  for at = 1, #list, ${RECORD_BYTES} do
    local one = string.sub(list, at, at + ${RECORD_BYTES - 1})
    if not isCut[one] then kept[#kept + 1] = one end
  end
  list = table.concat(kept) .. added
  if list == '' then redis.call('DEL', key) else redis.call('SET', key, list) end
end
local function mark(b, touched)
  local marks = {}
  local function write()
    if #marks > 0 then redis.call('HSET', dirtyNumbers, unpack(marks)) end
    marks = {}
  end
  eachNumber(touched, function(number)
    if isWaiting(b, number) then return end
    marks[#marks + 1] = number
    marks[#marks + 1] = stamp
    if #marks >= ${2 * BATCH} then write() end
  end)
  write()
end
function run.follow(came, touched, gone)
  local isGone = {}
  eachNumber(gone, function(number) isGone[number] = true end)
  forgive(isGone)
  local b, others = openBudget(), otherBooks(held)
  payFor(b, others, came)
  mark(b, touched)
  eachNumber(gone, function(number) giveUp(b, others, number) end)
  closeBudget(b)
  redis.call('ZADD', dueReconcile, dueAt, id)
end
if redis.call('HGET', record, 'state') ~= 'active' then return 'gone' end
if leased[1] and redis.call('HGET', leased[1], 'lease') ~= lease then return 'over' end
local standing = redis.call('HMGET', book, 'version', 'writing')
if (standing[1] or '') ~= version or (standing[2] or '') ~= writer then return 'changed' end
local at = 1
while at <= #commands do
  local words, count = {}, struct.unpack('>I4', commands, at)
  at = at + 4
  for i = 1, count do words[i], at = struct.unpack('>I4c0', commands, at) end
  run[words[1]](unpack(words, 2))
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
    case 'set':
    case 'unset':
      return [command.do, command.key, ...command.fields];
    case 'unlink':
      return [command.do, ...command.keys];
    case 'records':
      return [command.do, command.key, command.cut.join(''), command.added.join('')];
    case 'follow':
      return [command.do, command.came.join(''), command.touched.join(''), command.gone.join('')];
  }
}
