import { expect } from 'chai';
import { Trouble } from '../../sip/trouble.ts';
import { createTurns } from '../../sip/turns.ts';

describe('sip/turns', () => {
  let turns: ReturnType<typeof createTurns>;

  afterEach(() => turns.stop(new Error('over')));

  it('take no more than so many a second, and a tenth of a second’s may be made up for', async () => {
    turns = createTurns(100);
    const begun = performance.now();
    const waited = await Promise.all(Array.from({ length: 60 }, () => turns.take(false)));
    expect(performance.now() - begun).to.be.at.least(480);
    expect(waited.slice(0, 2)).to.deep.equal([false, false]);
    expect(waited.at(-1)).to.equal(true);
  });

  it('are given first to what takes something away, whatever waits', async () => {
    let now = 10_000;
    turns = createTurns(50, () => now);
    const order: string[] = [];
    const take = async (name: string, first: boolean) => {
      await turns.take(first);
      order.push(name);
    };
    const free = Array.from({ length: 5 }, () => take('free', false));
    const waiting = ['a tune', 'another'].map((name) => take(name, false));
    const removals = ['a removal', 'another removal'].map((name) => take(name, true));
    now += 1_000;
    await Promise.all([...free, ...waiting, ...removals]);
    expect(order.filter((name) => name !== 'free')).to.deep.equal([
      'a removal',
      'another removal',
      'a tune',
      'another',
    ]);
  });

  it('have no tune wait for longer than about a second: the others come back, each at its own time', async () => {
    turns = createTurns(2, () => 10_000);
    expect(await turns.take(false), 'the first').to.equal(false);
    const waits = [false, false, true].map((first) => turns.take(first).catch((err: Error) => err.message));
    expect([1, 2, 3].map(() => refused(() => turns.take(false)).pause)).to.deep.equal([1_500, 2_000, 2_500]);
    turns.stop(new Error('over'));
    expect(await Promise.all(waits)).to.deep.equal(['over', 'over', 'over']);
  });

  it('are waited for by nobody when the process ends', async () => {
    turns = createTurns(1);
    const waits = [turns.take(true), turns.take(true), turns.take(true)].map((turn) => turn.catch((err: Error) => err));
    turns.stop(new Error('over'));
    const ends = await Promise.all(waits);
    expect(ends.slice(1).map((end) => (end as Error).message)).to.deep.equal(['over', 'over']);
  });
});

function refused(call: () => unknown): Trouble {
  try {
    call();
  } catch (err) {
    expect(err).to.be.instanceOf(Trouble);
    return err as Trouble;
  }
  return expect.fail('it may wait');
}
