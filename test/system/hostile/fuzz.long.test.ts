import { fuzz, PARTS } from '../../fuzz/run.ts';
import { SEED } from '../../support/random.ts';

/** What is measured, in milliseconds or bytes, is measured at night. */
const NIGHTLY = ['stalls', 'counts'];

/** The same inputs each time, so that a red build is about the change; `npm run fuzz` looks for new ones. */
describe('a few thousand generated inputs', () => {
  for (const part of PARTS.filter((one) => !NIGHTLY.includes(one)))
    it(`break nothing in the ${part}`, async () => {
      const { findings } = await fuzz(part, { seed: SEED, length: 'brief', say: () => {} });
      if (findings.length > 0)
        throw new Error(`${findings.join('\n\n')}\n\nEARSHOT_SEED=${SEED} makes the same inputs again.`);
    });
});
