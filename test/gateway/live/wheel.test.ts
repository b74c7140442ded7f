import { expect } from 'chai';
import { createRow } from '../../../gateway/friends/row.ts';
import { createWheel } from '../../../gateway/live/wheel.ts';
import { eventually } from '../../support/eventually.ts';
import { heapHeld } from '../../support/garbage.ts';

describe('gateway/live/wheel', () => {
  it('rings after its time, once, and at the last time that was asked for', async () => {
    const rung: [string, number][] = [];
    let now = 1_000_000;
    const wheel = createWheel<never, string>(
      { now: () => now },
      { beat: () => {}, ring: (due) => rung.push([due, now]), round: () => {} },
    );
    wheel.wake('soon', now + 1_000);
    wheel.wake('put off', now + 1_000);
    wheel.wake('put off', now + 3_000_000);
    wheel.wake('brought forward', now + 3_000_000);
    wheel.wake('brought forward', now + 2_000);
    wheel.wake('over', now - 5_000);
    wheel.wake('forgotten', now + 1_000);
    wheel.forget('forgotten');
    const names = () => rung.map(([due]) => due);
    now += 900;
    await eventually(() => expect(names()).to.deep.equal(['over']));
    now += 300;
    await eventually(() => expect(names()).to.deep.equal(['over', 'soon']));
    now += 1_000;
    await eventually(() => expect(names()).to.deep.equal(['over', 'soon', 'brought forward']));
    // As if the machine had slept.
    now += 30_000_000;
    await eventually(() => expect(names()).to.deep.equal(['over', 'soon', 'brought forward', 'put off']));
    wheel.wake('over', now - 1);
    now += 200;
    await eventually(() => expect(names().at(-1)).to.equal('over'));
    // The clock is put back.
    now -= 30_000;
    wheel.wake('put back', now + 1_000);
    now += 1_100;
    await eventually(() => expect(names().at(-1)).to.equal('put back'));
    wheel.stop();
  });
});

describe('gateway/live/wheel, of whom it has forgotten,', () => {
  it('keeps nothing', () => {
    const wheel = createWheel<never, object>({ now: () => 0 }, { beat: () => {}, ring: () => {}, round: () => {} });
    const before = heapHeld();
    for (let i = 0; i < 1_000; i += 1) {
      const person = { texts: Array.from({ length: 1_000 }, (_, n) => `${i} ${n}`) };
      wheel.wake(person, 3_600_000);
      wheel.forget(person);
    }
    expect((heapHeld() - before) / 1_000, 'kB').to.be.below(5_000);
    wheel.stop();
  });
});

describe('gateway/live/row', () => {
  it('lets so many run at a time, the others in their order, also after one that fails', async () => {
    const inTurn = createRow(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const run = (n: number) =>
      inTurn(async () => {
        begun.push(n);
        await new Promise<void>((resolve) => ends.push(resolve));
        if (n === 1) throw new Error('the first fails');
        return n;
      }).catch(() => 'failed');
    const all = [1, 2, 3, 4].map(run);
    expect(begun).to.deep.equal([1, 2]);
    ends.shift()?.();
    await eventually(() => expect(begun).to.deep.equal([1, 2, 3]));
    ends.shift()?.();
    await eventually(() => expect(begun).to.deep.equal([1, 2, 3, 4]));
    for (const end of ends) end();
    expect(await Promise.all(all)).to.deep.equal(['failed', 2, 3, 4]);
    expect(await inTurn(async () => 'another')).to.equal('another');
  });
});
