import { expect } from 'chai';
import { takeTurns } from '../../runtime/turns.ts';

describe('runtime/turns', () => {
  it('lets each of two long computations do many steps in its turn, not one', async () => {
    let trips = 0;
    let isOver = false;
    const count = () => {
      trips += 1;
      if (!isOver) setImmediate(count);
    };
    setImmediate(count);
    const compute = async () => {
      for (let step = 0; step < 20_000; step += 1) await takeTurns();
    };
    await Promise.all([compute(), compute(), holdOn()]);
    isOver = true;
    expect(trips).to.be.lessThan(5_000);
  });

  it('lets others in between, however small the steps are', async () => {
    let others = 0;
    const timer = setInterval(() => {
      others += 1;
    }, 1);
    while (others < 3) await takeTurns();
    clearInterval(timer);
  });
});

/** Until the slice of whoever went before is used up, so that both computations have to wait for a turn. */
async function holdOn(): Promise<void> {
  const end = performance.now() + 30;
  while (performance.now() < end);
  await takeTurns();
}
