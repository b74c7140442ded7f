import { expect } from 'chai';
import { fuzz, PARTS } from '../fuzz/run.ts';
import { seedOr } from '../fuzz/seed.ts';

/** The same inputs each time, so that a red build is about the change; `npm run fuzz` looks for new ones. */
const SEED = 1;

describe('a few thousand generated inputs', () => {
  for (const part of PARTS)
    it(`break nothing in the ${part}`, async function () {
      this.timeout(60_000);
      const seed = seedOr(SEED);
      const { findings } = await fuzz(part, { seed, length: 'brief', say: () => {} });
      expect(findings, `seed ${seed}`).to.deep.equal([]);
    });
});
