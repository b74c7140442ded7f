import { expect } from 'chai';
import { createOutage } from '../../sip/outage.ts';

const START = 1_000_000;
const MIDDLE = () => 0.5;

describe('sip/outage', () => {
  it('leaves a server alone for longer and longer, and asks it again every fifteen seconds at last', () => {
    const outage = createOutage(MIDDLE);
    const pauses: number[] = [];
    let now = START;
    for (let i = 0; i < 10; i += 1) {
      outage.failed(now, 'away');
      let pause = 0;
      while (outage.isClosed(now + pause)) pause += 100;
      pauses.push(pause);
      now += pause;
    }
    expect(pauses).to.deep.equal([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000, 15_000]);
  });

  it('has those who wait come back after about as long as it has lasted, at least a second, at most some minutes', () => {
    const outage = createOutage(MIDDLE);
    outage.failed(START, 'away');
    expect(outage.pause(START)).to.equal(1_000);
    outage.failed(START + 20_000, 'away');
    expect(outage.pause(START + 20_000)).to.equal(20_000);
    outage.failed(START + 3_600_000, 'away');
    expect(outage.pause(START + 3_600_000)).to.equal(300_000);
    expect(createOutage(() => 0).pause(START), 'half of it').to.equal(500);
  });

  it('has those come back sooner of whom something is to be taken away', () => {
    const outage = createOutage(MIDDLE);
    outage.failed(START, 'away');
    outage.failed(START + 200_000, 'away');
    expect([outage.pause(START + 200_000), outage.pause(START + 200_000, true)]).to.deep.equal([200_000, 5_000]);
    outage.failed(START + 200_000, 'away', 30_000);
    expect(outage.pause(START + 200_000, true), 'but not before the server wants it').to.equal(30_000);
  });

  it('does as the server asks, for ten minutes at most, and nobody comes back before', () => {
    const outage = createOutage(MIDDLE);
    outage.failed(START, 'away', 30_000);
    expect([outage.isClosed(START + 29_999), outage.isClosed(START + 30_000)]).to.deep.equal([true, false]);
    expect(outage.pause(START)).to.equal(30_000);
    outage.failed(START, 'away', 999_999_000);
    expect(outage.isClosed(START + 600_000)).to.equal(false);
  });

  it('is over with the first answer', () => {
    const outage = createOutage(MIDDLE);
    outage.failed(START, 'away', 30_000);
    expect(outage.reason()).to.equal('away');
    expect(outage.over(START + 29_999), 'it wanted to be left alone').to.equal(false);
    expect(outage.over(START + 30_000)).to.equal(true);
    expect([outage.reason(), outage.isClosed(START)]).to.deep.equal([undefined, false]);
  });

  it('is not over with an answer to what was asked before the last failure', () => {
    const outage = createOutage(MIDDLE);
    outage.failed(START, 'away');
    outage.failed(START + 60_000, 'away again');
    expect(outage.over(START + 59_999)).to.equal(false);
    expect([outage.reason(), outage.isClosed(START + 60_000)]).to.deep.equal(['away again', true]);
  });
});
