import { expect } from 'chai';
import { pino } from 'pino';
import { every, type Repeated } from '../../runtime/lifecycle.ts';
import { eventually } from '../support/eventually.ts';

describe('a task that is repeated', () => {
  let repeated: Repeated | undefined;

  afterEach(() => repeated?.stop());

  it('says that it fails once a minute, and anew after it has succeeded', async () => {
    const said: string[] = [];
    const log = pino({}, { write: (line: string) => said.push(JSON.parse(line).err.message) });
    let time = 0;
    let turns = 0;
    let trouble: string | undefined = 'the first';
    const task = async () => {
      turns += 1;
      if (trouble) throw new Error(trouble);
    };
    /** Settled when turns have begun and ended since. */
    const passes = async () => {
      const before = turns;
      await eventually(() => expect(turns).to.be.at.least(before + 3));
    };
    repeated = every(1, log, task, () => time);
    await passes();
    expect(said).to.deep.equal(['the first']);
    trouble = undefined;
    await passes();
    trouble = 'the second';
    await passes();
    time += 59_999;
    await passes();
    expect(said).to.deep.equal(['the first', 'the second']);
    time += 1;
    await passes();
    expect(said).to.deep.equal(['the first', 'the second', 'the second']);
  });
});
