import { expect } from 'chai';
import { RESP_TYPES } from 'redis';
import type { Redis } from '../../../runtime/redis/redis.ts';
import { askNode } from '../../../runtime/redis/redis-node.ts';
import { type Along, as, asYes, defineLua, defineScript } from '../../../store/base/script.ts';
import { REDIS_KINDS, type RedisKind, useRedis } from '../../support/redis.ts';

const COUNTING = defineLua({
  keys: ['counter'],
  args: ['step'],
  lua: "local function count() return redis.call('INCRBY', counter, step) end",
});

const NOTING = defineLua({
  uses: [COUNTING],
  keys: ['notes'],
  lua: "local function note(what) return redis.call('HSET', notes, what, count()) end",
});

const NOTE_ALL = defineScript({
  // Both name the same part, which is in the script once.
  uses: [COUNTING, NOTING],
  keys: ['list'],
  args: ['who'],
  lists: ['things', 'others'],
  reply: as<[string, number, string[], string[]]>,
  lua: `
for _, thing in ipairs(things) do note(thing) end
redis.call('RPUSH', list, who)
return { who, count(), things, others }`,
});

const EXIST = defineScript({
  keys: ['first'],
  keyList: 'more',
  reply: asYes,
  lua: `
for _, key in ipairs(more) do if redis.call('EXISTS', key) == 0 then return 0 end end
return redis.call('EXISTS', first)`,
});

const SET = defineScript({ keys: ['place'], args: ['value'], lua: "redis.call('SET', place, value)" });

const REFUSE = defineScript({ keys: ['any'], reply: (reply) => reply, lua: 'return false' });

const COUNT = defineScript({ uses: [COUNTING], lua: 'return count()' });

const ECHO = defineScript({
  keys: ['any'],
  args: ['text', 'number', 'bytes', 'nothing'],
  reply: as<Buffer[]>,
  lua: 'return { text, number, bytes, nothing }',
});

for (const kind of REDIS_KINDS) describe(`store/base/script on ${kind}`, () => describeScripts(kind));

function describeScripts(kind: RedisKind): void {
  const server = useRedis(kind);
  let redis: Redis;
  const key = (name: string) => `scripts:{one}:${name}`;
  const forgetScripts = () =>
    Promise.all(server.place.urls.map((url) => askNode(url, (node) => node.sendCommand(['SCRIPT', 'FLUSH']))));

  before(async () => {
    redis = server.redis;
  });

  beforeEach(() => redis.del(['counter', 'notes', 'list'].map(key)));

  const places = { list: key('list'), notes: key('notes'), counter: key('counter') };

  it('gives keys, arguments and lists their names, whatever the order in which a caller gives them', async () => {
    const reply = await NOTE_ALL.run(redis, places, { others: ['x'], things: ['a', 'b'], step: 2, who: 'me' });
    expect(reply).to.deep.equal(['me', 6, ['a', 'b'], ['x']]);
    expect({ ...(await redis.hGetAll(key('notes'))) }).to.deep.equal({ a: '2', b: '4' });
    expect(await redis.lRange(key('list'), 0, -1)).to.deep.equal(['me']);
  });

  it('takes lists that are empty, and longer than Lua can unpack', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `${i}`);
    const args = { who: 'me', step: 1, things: [], others: many };
    expect(await NOTE_ALL.run(redis, places, args)).to.deep.equal(['me', 1, [], many]);
  });

  it('takes keys of any number', async () => {
    await redis.set(key('counter'), '1');
    const first = key('counter');
    expect(await EXIST.run(redis, { first, more: [] }, {})).to.equal(true);
    expect(await EXIST.run(redis, { first, more: [first, key('notes')] }, {})).to.equal(false);
  });

  it('writes numbers out, hands bytes on as they are, and takes what is missing for the empty text', async () => {
    const bytes = Buffer.from([0, 255, 10]);
    const binary = redis.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    const reply = await ECHO.run(binary, { any: key('list') }, { text: 'ä', number: 7.5, bytes, nothing: undefined });
    expect(reply).to.deep.equal([Buffer.from('ä'), Buffer.from('7.5'), bytes, Buffer.from('')]);
  });

  it('is one step with what goes along, whose failure is no failure of the script', async () => {
    const args = { who: 'me', step: 1, things: [], others: [] };
    const along: Along = { call: SET.call({ place: key('notes') }, { value: 'noted' }), written: false };
    expect(await NOTE_ALL.runWith(along, redis, places, args)).to.deep.equal(['me', 1, [], []]);
    expect([along.written, await redis.get(key('notes'))]).to.deep.equal([true, 'noted']);
    // Which is a list by now.
    const failing: Along = { call: COUNT.call({ counter: key('list') }, { step: 1 }), written: true };
    expect(await NOTE_ALL.runWith(failing, redis, places, args)).to.deep.equal(['me', 2, [], []]);
    expect(failing.written).to.equal(false);
    expect(await NOTE_ALL.runWith(undefined, redis, places, args)).to.deep.equal(['me', 3, [], []]);
  });

  it('leaves out what goes along where it fails itself', async () => {
    // No hash, as the script needs it.
    await redis.set(key('notes'), 'noted');
    const along: Along = { call: SET.call({ place: key('counter') }, { value: '7' }), written: false };
    const args = { who: 'me', step: 1, things: ['a'], others: [] };
    const thrown = await NOTE_ALL.runWith(along, redis, places, args).catch((err: Error) => err);
    expect(thrown).to.be.instanceOf(Error);
    expect([along.written, await redis.get(key('counter'))]).to.deep.equal([false, '1']);
  });

  it('leaves out what goes along where it answers false, as it has done nothing', async () => {
    const along: Along = { call: SET.call({ place: key('counter') }, { value: '7' }), written: false };
    expect(await REFUSE.runWith(along, redis, { any: key('list') }, {})).to.equal(null);
    expect(await REFUSE.run(redis, { any: key('list') }, {})).to.equal(null);
    expect([along.written, await redis.get(key('counter'))]).to.deep.equal([false, null]);
  });

  it('goes by its text again to a Redis that has forgotten all scripts, and is done once', async () => {
    const args = { who: 'me', step: 1, things: [], others: ['x'] };
    const along = (): Along => ({ call: COUNT.call({ counter: key('counter') }, { step: 10 }), written: false });
    await NOTE_ALL.run(redis, places, args);
    await NOTE_ALL.runWith(along(), redis, places, args);
    await forgetScripts();
    expect(await NOTE_ALL.run(redis, places, args)).to.deep.equal(['me', 13, [], ['x']]);
    await forgetScripts();
    const last = along();
    expect(await NOTE_ALL.runWith(last, redis, places, args)).to.deep.equal(['me', 14, [], ['x']]);
    expect([last.written, await redis.get(key('counter'))]).to.deep.equal([true, '24']);
  });

  it('is one command of a transaction', async () => {
    const batch = redis.multi().set(key('counter'), '10');
    NOTE_ALL.add(batch, places, { who: 'me', step: 1, things: [], others: [] });
    const [, reply] = (await batch.exec()) as unknown[];
    expect(reply).to.deep.equal(['me', 11, [], []]);
  });
}

describe('store/base/script', () => {
  it('refuses names that Lua has no place for, and two things of one name', () => {
    for (const name of ['end', 'two words', '1st'])
      expect(() => defineScript({ keys: [name], lua: '' })).to.throw(name);
    expect(() => defineScript({ keys: ['one'], args: ['one'], lua: '' })).to.throw('one name');
  });

  it('refuses Lua that counts its keys or arguments', () => {
    expect(() => defineScript({ keys: ['one'], lua: "return redis.call('GET', KEYS[1])" })).to.throw('names its keys');
    expect(() => defineScript({ args: ['one'], lua: 'return ARGV[1]' })).to.throw('names its keys');
  });
});
