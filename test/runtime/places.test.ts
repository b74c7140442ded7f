import { expect } from 'chai';
import { createPlaces } from '../../runtime/places.ts';

/** Work that ends when it is told to; `begun`: which has begun. */
function workToEnd() {
  const begun: number[] = [];
  const ends = new Map<number, { end(): void; fail(error: Error): void }>();
  const work = (n: number) => () =>
    new Promise<number>((resolve, reject) => {
      begun.push(n);
      ends.set(n, { end: () => resolve(n), fail: reject });
    });
  return { begun, ends, work };
}

const turn = () => new Promise(setImmediate);

describe('runtime/places', () => {
  it('lets as many go on as there are places, and then whoever has waited longest', async () => {
    const { begun, ends, work } = workToEnd();
    const inPlace = createPlaces(2, 60_000);
    const all = [1, 2, 3, 4].map((n) => inPlace(work(n)));
    await turn();
    expect(begun).to.deep.equal([1, 2]);
    ends.get(2)?.end();
    await turn();
    expect(begun).to.deep.equal([1, 2, 3]);
    ends.get(1)?.end();
    await turn();
    expect(begun).to.deep.equal([1, 2, 3, 4]);
    for (const n of [3, 4]) ends.get(n)?.end();
    expect(await Promise.all(all)).to.deep.equal([1, 2, 3, 4]);
  });

  it('has the place of work that fails', async () => {
    const { begun, ends, work } = workToEnd();
    const inPlace = createPlaces(1, 60_000);
    const first = inPlace(work(1)).catch((error: Error) => error.message);
    const second = inPlace(work(2));
    await turn();
    ends.get(1)?.fail(new Error('no'));
    expect(await first).to.equal('no');
    await turn();
    expect(begun).to.deep.equal([1, 2]);
    ends.get(2)?.end();
    expect(await second).to.equal(2);
  });

  it('gives the place of work that takes too long to another, and has it no second time', async () => {
    const { begun, ends, work } = workToEnd();
    const inPlace = createPlaces(1, 1);
    const slow = inPlace(work(1));
    const second = inPlace(work(2));
    while (begun.length < 2) await turn();
    ends.get(1)?.end();
    expect(await slow).to.equal(1);
    ends.get(2)?.end();
    expect(await second).to.equal(2);
    const others = [3, 4].map((n) => inPlace(work(n)));
    await turn();
    expect(begun.slice(2)).to.deep.equal([3]);
    ends.get(3)?.end();
    while (begun.length < 4) await turn();
    ends.get(4)?.end();
    expect(await Promise.all(others)).to.deep.equal([3, 4]);
  });
});
