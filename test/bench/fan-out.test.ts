import { expect } from 'chai';
import { createFanOut } from '../../bench/load/fan-out.ts';

describe('A fan-out of the benchmark', () => {
  it('has arrived when the last watcher has it, and counts each watcher once', async () => {
    const fanOut = createFanOut();
    fanOut.expect(2);
    let arrived = false;
    const arrival = fanOut.of('T').then(() => {
      arrived = true;
    });
    fanOut.told(0, 'T');
    fanOut.told(0, 'T');
    fanOut.told(1, 'another');
    await Promise.resolve();
    expect([arrived, fanOut.count()]).to.deep.equal([false, 1]);
    fanOut.told(1, 'T');
    await arrival;
    fanOut.told(1, 'T');
    expect(fanOut.count()).to.equal(2);
    expect(fanOut.takeDelays()).to.have.length(2);
    expect(fanOut.takeDelays()).to.deep.equal([]);
  });
});
