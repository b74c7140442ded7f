import { expect } from 'chai';
import { createPaces } from '../../../gateway/imports/import-pace.ts';

const HOUR = 3_600_000;
/** Of the accounts of one import, those that are asked for at once. */
const AT_ONCE = 200;

describe('the pace of what follows an import', () => {
  it('is fifty accounts a second after the first, one batch behind the other', () => {
    const order = createPaces({ now: () => HOUR, elapsed: () => 0 }).order;
    const [first, second] = [order(AT_ONCE + 50), order(50)];
    expect([first(AT_ONCE - 1), first(AT_ONCE), first(AT_ONCE + 49)]).to.deep.equal([undefined, HOUR, HOUR + 980]);
    expect([second(0), second(49)]).to.deep.equal([HOUR + 1_000, HOUR + 1_980]);
  });

  it('goes on as it was where the clock is put back, by the clock as it is then', () => {
    let [now, elapsed] = [2 * HOUR, 0];
    const { order } = createPaces({ now: () => now, elapsed: () => elapsed });
    order(AT_ONCE + 50);
    [now, elapsed] = [HOUR, 500];
    expect(order(1)(0)).to.equal(HOUR + 500);
    [now, elapsed] = [3 * HOUR, 2_000];
    expect(order(1)(0)).to.equal(3 * HOUR);
  });
});
