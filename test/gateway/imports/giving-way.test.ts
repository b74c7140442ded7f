import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { createGivingWay } from '../../../gateway/imports/giving-way.ts';

describe('batches of imports', () => {
  /** Three batches that are begun at once; how many were at work side by side, and in which order they ended. */
  async function three(inTurn: <T>(work: () => Promise<T>) => Promise<T>) {
    const ended: number[] = [];
    let atWork = 0;
    let most = 0;
    const batch = (i: number) => async () => {
      atWork += 1;
      most = Math.max(most, atWork);
      for (let turns = 0; turns < 10; turns += 1) await turn();
      atWork -= 1;
      ended.push(i);
      return i;
    };
    const results = await Promise.all([1, 2, 3].map((i) => inTurn(batch(i))));
    expect(results).to.deep.equal([1, 2, 3]);
    return { most, ended };
  }

  it('are worked on side by side while nobody else calls', async () => {
    expect((await three(createGivingWay().inTurn)).most).to.equal(3);
  });

  it('are worked on one after the other, in their order, as soon as somebody else has called', async () => {
    const { inTurn, noteCall } = createGivingWay();
    noteCall();
    expect(await three(inTurn)).to.deep.equal({ most: 1, ended: [1, 2, 3] });
  });

  it('go on after one that failed, which tells why', async () => {
    const { inTurn, noteCall } = createGivingWay();
    noteCall();
    const failed = inTurn(async () => Promise.reject(new Error('away'))).catch((err: Error) => err.message);
    expect(await inTurn(async () => 'done')).to.equal('done');
    expect(await failed).to.equal('away');
  });
});
