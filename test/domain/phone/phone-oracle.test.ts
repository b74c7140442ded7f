import { readFileSync } from 'node:fs';
import { assert } from 'chai';
import libphonenumber from 'google-libphonenumber';

const { PhoneNumberFormat, PhoneNumberUtil } = libphonenumber;
const google = PhoneNumberUtil.getInstance();

/** Numbers of the corpus of which Google's library says something else, and why ours are right all the same. */
const EXCEPTIONS: ReadonlyMap<string, string> = new Map([]);

describe('domain/phone, by the word of google-libphonenumber', () => {
  for (const file of ['national-formats.tsv', 'messy-fields.tsv'])
    it(`reads only valid numbers in their E.164 form from ${file}`, () => {
      const numbers = [...new Set(readExpected(file))];
      assert.isAtLeast(numbers.length, 50);
      const strange = numbers.filter((e164) => !EXCEPTIONS.has(e164) && !isSound(e164));
      assert.deepEqual(strange, []);
    });

  it('differs where it is said to, and nowhere else', () => {
    assert.deepEqual([...EXCEPTIONS.keys()].filter(isSound), []);
  });
});

function isSound(e164: string): boolean {
  const number = google.parse(e164);
  return google.isValidNumber(number) && google.format(number, PhoneNumberFormat.E164) === e164;
}

/** What `phone.test.ts` holds Earshot to: the numbers that it reads from each field. */
function readExpected(file: string): string[] {
  const lines = readFileSync(new URL(`../../fixtures/phone/${file}`, import.meta.url), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => (line.split('\t')[2] ?? '').split(' '))
    .filter((number) => number.startsWith('+'))
    .map((number) => number.replace('?', ''));
}
