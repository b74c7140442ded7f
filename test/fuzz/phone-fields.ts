import fc from 'fast-check';
import { lookupForms, parseE164, readPhoneNumbers } from '../../domain/phone.ts';
import { phoneFields } from './corpus.ts';
import { hostileText } from './hostile-text.ts';
import type { Surface } from './surface.ts';

const COUNTRIES = ['CN', 'US', 'DE', 'IT', 'BR', 'MX', 'AR', 'GB', 'IN', 'JP', undefined] as const;
/** Milliseconds: a field costs microseconds, and a machine that is busy makes ten of them at the worst. */
const LONGEST = 250;

/** Fields of phones: nothing throws, what is read is a plus and digits (Germany's plan has some of 17), and no field takes long. */
export const phoneFieldSurface: Surface = {
  name: 'phone fields',
  inputs: { nightly: 25_000, brief: 1_000 },
  async run(count, seed) {
    const property = fc.property(fields(phoneFields()), fc.constantFrom(...COUNTRIES), (field, country) => {
      const started = performance.now();
      const numbers = readPhoneNumbers(field, country).map((number) => number.e164);
      const own = parseE164(field);
      for (const e164 of own === undefined ? numbers : [...numbers, own])
        if (!lookupForms(e164).every((form) => /^\+\d{5,17}$/.test(form))) return false;
      return performance.now() - started < LONGEST || tookLongAgain(field, country);
    });
    const result = fc.check(property, { seed, numRuns: count });
    return { findings: result.failed ? [fc.defaultReportMessage(result) ?? 'failed'] : [] };
  },
};

/** A pause of the whole process is no finding. */
function tookLongAgain(field: string, country: (typeof COUNTRIES)[number]): boolean {
  const started = performance.now();
  readPhoneNumbers(field, country);
  return performance.now() - started < LONGEST;
}

function fields(seeds: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...seeds) },
    { weight: 2, arbitrary: hostileText },
    { weight: 2, arbitrary: fc.string({ unit: fc.constantFrom(...'0123456789+*#()-. /;,pwx٣８转ext') }) },
  );
  const spliced = fc
    .tuple(piece, piece, fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([a, b, at]) => a.slice(0, Math.floor(at * a.length)) + b + a.slice(Math.floor(at * a.length)));
  const long = fc.tuple(piece, fc.nat(100_000)).map(([text, length]) => ''.padStart(length, text));
  return fc.oneof({ weight: 20, arbitrary: piece }, { weight: 20, arbitrary: spliced }, { weight: 1, arbitrary: long });
}
