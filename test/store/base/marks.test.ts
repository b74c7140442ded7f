import { expect } from 'chai';
import { IS_STILL, newFence } from '../../../store/base/fence.ts';
import { MANY_FIELDS } from '../../../store/base/many-fields.ts';
import { clearOne, clearSeen, newStamp, SEEN_MARK } from '../../../store/base/marks.ts';
import { as, asYes, defineScript } from '../../../store/base/script.ts';
import { useRedis } from '../../support/redis.ts';

/** Clears a mark whose first word may change, as that of a parting does. */
const CLEAR_BY_STAMP = defineScript({
  uses: [SEEN_MARK],
  keys: ['marks'],
  args: ['field', 'seen'],
  reply: asYes,
  lua: `return clearSeen(marks, { field, seen }, function(mark) return string.match(mark, '^%S+ (%S+)') end)`,
});

/** Sets so many fields, and says what is left of the even ones when these were dropped. */
const MANY = defineScript({
  uses: [MANY_FIELDS],
  keys: ['hash'],
  args: ['count'],
  reply: as<[values: (string | null)[], dropped: number]>,
  lua: `
local words, even = {}, {}
for i = 1, tonumber(count) do
  words[2 * i - 1], words[2 * i] = 'f' .. i, tostring(i)
  if i % 2 == 0 then even[#even + 1] = 'f' .. i end
end
setFields(hash, words)
even[#even + 1] = 'nobody'
return { valuesOf(hash, even), dropFields(hash, even) }`,
});

const WRITE = defineScript({
  uses: [IS_STILL],
  keys: ['work'],
  args: ['fence'],
  reply: asYes,
  lua: `
if not isStill(work, 'fence', fence) then return 0 end
redis.call('HINCRBY', work, 'steps', 1)
return 1`,
});

describe('store/base', () => {
  const server = useRedis();
  const KEY = 'p:{p00}:marks';
  beforeEach(() => server.redis.flushAll());

  describe('marks', () => {
    it('are cleared as they were seen, and stay where they were made again meanwhile', async () => {
      const [seen, again] = [newStamp(), newStamp()];
      await server.redis.hSet(KEY, { done: seen, asked: again });
      expect(await clearSeen(server.redis, KEY, { done: seen, asked: seen, gone: seen })).to.equal(1);
      expect(await server.redis.hGetAll(KEY)).to.deep.equal({ asked: again });
      expect(await clearOne(server.redis, KEY, 'asked', again)).to.equal(true);
    });

    it('may be the same by a part of them', async () => {
      await server.redis.hSet(KEY, { friend: 'cleared stamp', other: 'asked new xmpp' });
      const clear = (field: string, seen: string) => CLEAR_BY_STAMP.run(server.redis, { marks: KEY }, { field, seen });
      expect(await clear('other', 'asked stamp xmpp')).to.equal(false);
      expect(await clear('nobody', 'asked stamp xmpp')).to.equal(false);
      expect(await clear('friend', 'asked stamp xmpp')).to.equal(true);
      expect(await server.redis.hKeys(KEY)).to.deep.equal(['other']);
    });
  });

  describe('many fields of a hash', () => {
    it('are set, read and dropped in several calls where they are more than one may name', async () => {
      const [values, dropped] = await MANY.run(server.redis, { hash: KEY }, { count: 9_001 });
      expect(values).to.deep.equal([...Array.from({ length: 4_500 }, (_, i) => `${2 * i + 2}`), null]);
      expect(dropped).to.equal(4_500);
      expect(await server.redis.hLen(KEY)).to.equal(4_501);
      expect(await server.redis.hGet(KEY, 'f9001')).to.equal('9001');
    });

    it('are none where none are named', async () => {
      expect(await MANY.run(server.redis, { hash: KEY }, { count: 0 })).to.deep.equal([[null], 0]);
      expect(await server.redis.exists(KEY)).to.equal(0);
    });
  });

  describe('a fence', () => {
    it('lets whoever began last write, and nobody who was overtaken', async () => {
      const [first, second] = [newFence(), newFence()];
      const write = (fence: string) => WRITE.run(server.redis, { work: KEY }, { fence });
      expect(await write(''), 'nobody has begun').to.equal(true);
      await server.redis.hSet(KEY, 'fence', first);
      expect(await write(first)).to.equal(true);
      await server.redis.hSet(KEY, 'fence', second);
      expect(await write(first)).to.equal(false);
      expect(await write('')).to.equal(false);
      expect(await write(second)).to.equal(true);
      expect(await server.redis.hGet(KEY, 'steps')).to.equal('3');
    });
  });
});
