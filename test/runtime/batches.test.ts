import { expect } from 'chai';
import { inBatches, sideBySide } from '../../runtime/batches.ts';

describe('work on many things, some at a time', () => {
  it('is cut into parts in their order', () => {
    expect(inBatches([1, 2, 3, 4, 5], 2)).to.deep.equal([[1, 2], [3, 4], [5]]);
    expect(inBatches([], 2)).to.deep.equal([]);
  });

  it('has as many on their way as it may, and begins the next as soon as one is done', async () => {
    const ends = new Map<number, () => void>();
    const all = sideBySide([1, 2, 3, 4], 2, (n) => new Promise((end) => ends.set(n, end)));
    expect([...ends.keys()]).to.deep.equal([1, 2]);
    ends.get(2)?.();
    await new Promise(setImmediate);
    expect([...ends.keys()]).to.deep.equal([1, 2, 3]);
    for (const n of [1, 3]) ends.get(n)?.();
    await new Promise(setImmediate);
    ends.get(4)?.();
    expect(await all).to.deep.equal({ done: [2, 1, 3, 4], failure: undefined });
  });

  it('begins no more once one has failed, and tells what was done before and meanwhile', async () => {
    const begun: number[] = [];
    const failure = new Error('no');
    const { done, failure: first } = await sideBySide([1, 2, 3, 4, 5], 2, async (n) => {
      begun.push(n);
      await new Promise(setImmediate);
      if (n === 3) throw failure;
    });
    expect([done.sort(), first]).to.deep.equal([[1, 2, 4], { reason: failure }]);
    expect(begun).to.deep.equal([1, 2, 3, 4]);
  });
});
