import { expect } from 'chai';
import { newFence } from '../../../store/base/fence.ts';
import { isSince } from '../../../store/subscription/sink-holder.ts';
import { useRedis } from '../../support/redis.ts';

const ID = 'a-stream';

describe('who tells of an event stream', () => {
  const server = useRedis();

  it('is the last one that has taken it over, later than all before, also where the clock was ahead', async () => {
    const { sinkWork, keys } = server.freshStores();
    const [first, second] = [await sinkWork.takeOver(ID), await sinkWork.takeOver(ID)];
    const ahead = `${Date.now() + 1_000_000}.x`;
    await server.redis.hSet(keys.sink.progress(ID), 'fence', ahead);
    const third = await sinkWork.takeOver(ID);
    expect([isSince(second, first), isSince(ahead, second), isSince(third, ahead)]).to.deep.equal([true, true, true]);
    expect(isSince(first, second)).to.equal(false);
    expect((await sinkWork.standing(ID)).fence).to.equal(third);
  });

  it('is known to be later by such a fence alone', () => {
    expect(isSince(undefined, '1.x')).to.equal(false);
    expect(isSince(newFence(), '1.x')).to.equal(false);
  });
});
