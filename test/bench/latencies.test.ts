import { expect } from 'chai';
import { measureLatencies } from '../../bench/load/load.ts';
import { createArrivals } from '../../bench/load/tunes.ts';

const LANES = 3;
/** Milliseconds until something arrives: much longer than until the next tune is due. */
const SLOW = 20;

describe('Tunes of the benchmark that are due at a steady rate', () => {
  it('never follow one of the same publisher that has not arrived, and wait for it', async () => {
    const arrivals = createArrivals();
    const onTheirWay = new Map<number, string>();
    const turns: number[][] = Array.from({ length: LANES }, () => []);
    const together: number[] = [];
    // Nothing arrives before every lane is in use.
    function arrive(): void {
      for (const [lane, title] of onTheirWay) {
        onTheirWay.delete(lane);
        arrivals.note(title);
      }
    }
    const times = await measureLatencies(
      async (lane, turn, { title }) => {
        expect([...onTheirWay.keys()]).to.not.include(lane);
        onTheirWay.set(lane, title);
        turns[lane]?.push(turn);
        together.push(onTheirWay.size);
        if (onTheirWay.size === LANES) setTimeout(arrive, SLOW);
      },
      arrivals,
      { lanes: LANES, rate: 10_000, duration: 3 },
    );
    expect(times).to.have.length(30);
    expect(Math.max(...together)).to.equal(LANES);
    expect(turns).to.deep.equal(Array.from({ length: LANES }, () => Array.from({ length: 10 }, (_, i) => i)));
  });
});
