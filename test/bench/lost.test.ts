import { expect } from 'chai';
import { lostOf } from '../../bench/overload/lost.ts';

describe('Tunes that are lost under overload', () => {
  const call = (tune: number, of: number, sent: number, answered: number) => ({ tune, of, sent, answered });

  it('are those after which an earlier one is there, one that nobody was promised, or none', () => {
    const taken = [call(1, 0, 0, 10), call(2, 0, 20, 30), call(3, 1, 0, 10), call(4, 2, 0, 10)];
    expect(lostOf(taken, [2, 3, 4])).to.equal(0);
    expect(lostOf(taken, [1, 3, 4]), 'an earlier one').to.equal(1);
    expect(lostOf(taken, [2, 99, 4]), 'one that was refused').to.equal(1);
    expect(lostOf(taken, [2, 3, undefined]), 'none').to.equal(1);
  });

  it('are none where two were under way together: either may be the last', () => {
    const taken = [call(1, 0, 0, 50), call(2, 0, 20, 30)];
    for (const kept of [1, 2]) expect(lostOf(taken, [kept])).to.equal(0);
  });
});
