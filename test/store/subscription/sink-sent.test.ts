import { expect } from 'chai';
import type { Stores } from '../../../store/stores.ts';
import { MOST_SENT } from '../../../store/subscription/sink-sent.ts';
import { useRedis } from '../../support/redis.ts';

const ID = 'a-stream';
const KNOWN = { numbers: 'n', consent: 'c', tune: '' };

describe('what was sent on an event stream', () => {
  const server = useRedis();
  let stores: Stores;
  let fence: string;

  beforeEach(async () => {
    stores = server.freshStores();
    fence = await stores.sinkWork.begin(ID);
  });

  const send = async (id: string | undefined, last = false, reached = 0) =>
    (await stores.sinkWork.send(ID, fence, { id, last, reached })) as number;
  const sentAfter = (position: number) => stores.sinkWork.sentAfter(ID, position);

  it('has positions that only grow, also where the clock stands still or was ahead', async () => {
    const first = await send('one');
    await server.redis.hSet(stores.keys.sink.progress(ID), 'position', `${first + 1_000_000}`);
    const [second, third] = [await send('one'), await send('two')];
    expect([second, third]).to.deep.equal([first + 1_000_001, first + 1_000_002]);
  });

  it('is known by whom it is about, the last event of each, after any position', async () => {
    const begun = await sentAfter(0);
    expect(begun).to.deep.equal([]);
    const first = await send('one');
    await send('two');
    const third = await send('one');
    expect(await sentAfter(0)).to.deep.equal(['two', 'one']);
    expect(await sentAfter(first)).to.deep.equal(['two', 'one']);
    expect(await sentAfter(third)).to.deep.equal([]);
    expect(await sentAfter(third + 1), 'a position that was never there').to.equal(undefined);
  });

  it('is known no more before an event that cannot be told anew', async () => {
    const first = await send('one');
    const second = await send(undefined, true);
    expect(await sentAfter(first)).to.equal(undefined);
    expect(await sentAfter(second)).to.deep.equal([]);
  });

  it('keeps nothing of who is gone, and is not known before what told so', async () => {
    const [before, came] = [await send('other'), await send('one')];
    await stores.sinkWork.note(ID, fence, 'one', { known: KNOWN });
    const gone = await send('one');
    await stores.sinkWork.note(ID, fence, 'one', { known: undefined });
    expect(await sentAfter(before)).to.equal(undefined);
    expect(await sentAfter(came)).to.equal(undefined);
    expect(await sentAfter(gone)).to.deep.equal([]);
    expect(await server.redis.zRange(stores.keys.sink.sent(ID), 0, -1)).to.deep.equal(['other']);
  });

  it('is of so many at most, the last ones', async () => {
    const first = await send('first');
    const many = Array.from({ length: MOST_SENT }, (_, n) => ({ value: `person ${n}`, score: first + 1 }));
    await server.redis.zAdd(stores.keys.sink.sent(ID), many);
    expect(await sentAfter(first - 1)).to.have.length.above(0);
    await send('last');
    expect(await sentAfter(first - 1)).to.equal(undefined);
    expect(await server.redis.zCard(stores.keys.sink.sent(ID))).to.equal(MOST_SENT);
  });

  it('is sent by no run that was overtaken', async () => {
    await stores.sinkWork.begin(ID);
    expect(await send('one')).to.equal(undefined);
    expect(await sentAfter(0)).to.deep.equal([]);
  });

  it('is not sent where Redis has lost what was sent before, until all is to be told anew, and then after that', async () => {
    const reached = (await send('one')) + 1_000_000;
    expect(await send('two', false, reached)).to.equal('lost');
    expect(await sentAfter(0)).to.deep.equal(['one']);
    await stores.sinkWork.reach(ID, 'of who was overtaken', reached);
    expect(await send('two', false, reached)).to.equal('lost');
    await stores.sinkWork.reach(ID, fence, reached);
    expect(await send('two', false, reached)).to.equal(reached + 1);
    await stores.sinkWork.reach(ID, fence, reached);
    expect(await send('two', false, reached + 1)).to.equal(reached + 2);
  });
});
