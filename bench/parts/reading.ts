import { readdirSync, readFileSync } from 'node:fs';
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { readPhoneNumbers } from '../../domain/phone.ts';
import { readVcards } from '../../domain/vcard.ts';
import { median } from '../median.ts';
import type { Row } from '../report/rows.ts';

const FIXTURES = new URL('../../test/fixtures/', import.meta.url);
const READING = { rounds: 9, cards: 10_000, fields: 20_000, goals: { cards: 40_000, normaliser: 0.8 } } as const;

/** How quickly vCards and phone numbers are read, in this process. */
export function reading(say: (line: string) => void): Row[] {
  const cards = cardRate();
  const numbers = normaliserRates();
  const ratio = median(numbers.ours.map((rate, i) => rate / (numbers.library[i] ?? Number.NaN)));
  say(`vCards: ${cards.toFixed(0)} a second; numbers: ratio ${ratio.toFixed(2)}`);
  return [
    {
      what: 'A file of 10,000 mixed vCards, cards a second',
      measured: thousands(cards),
      goal: `at least ${thousands(READING.goals.cards)}`,
      met: cards >= READING.goals.cards,
    },
    {
      what: 'Number fields of the test corpus, fields a second: read by Earshot, and parsed by the bare library',
      measured: `${thousands(median(numbers.ours))} and ${thousands(median(numbers.library))}: ratio ${ratio.toFixed(2)}`,
      goal: `at least ${READING.goals.normaliser}`,
      met: ratio >= READING.goals.normaliser,
    },
  ];
}

/** The cards of all test files that share an encoding, over and over: every version, photos, broken cards. */
function cardRate(): number {
  const folder = new URL('vcard/', FIXTURES);
  const files = readdirSync(folder).filter((name) => name.endsWith('.vcf') && !name.startsWith('utf-16'));
  const one = Buffer.concat(files.flatMap((name) => [readFileSync(new URL(name, folder)), Buffer.from('\r\n')]));
  const copies = Math.ceil(READING.cards / readVcards(one).length);
  const file = Buffer.concat(Array<Buffer>(copies).fill(one));
  return median(
    Array.from({ length: READING.rounds }, () => {
      const start = performance.now();
      return (readVcards(file).length * 1_000) / (performance.now() - start);
    }),
  );
}

/** Both read every field once in each round, one after the other. */
function normaliserRates(): { ours: number[]; library: number[] } {
  const corpus = ['national-formats.tsv', 'messy-fields.tsv'].flatMap(readCorpus);
  const fields = Array.from({ length: READING.fields }, (_, i) => corpus[i % corpus.length] as Field);
  const rates = { ours: [] as number[], library: [] as number[] };
  for (let round = 0; round < READING.rounds; round += 1) {
    rates.library.push(rateOf(fields, ({ text, country }) => bareLibrary(text, country)));
    rates.ours.push(rateOf(fields, ({ text, country }) => readPhoneNumbers(text, country)[0]?.e164));
  }
  return rates;
}

type Field = { text: string; country: CountryCode | undefined };

function readCorpus(name: string): Field[] {
  const lines = readFileSync(new URL(`phone/${name}`, FIXTURES), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [text = '', country = '-'] = line.split('\t');
      const unescaped = JSON.parse(`"${text.replaceAll('"', '\\"')}"`) as string;
      return { text: unescaped, country: country === '-' ? undefined : (country as CountryCode) };
    });
}

function bareLibrary(text: string, country: CountryCode | undefined): string | undefined {
  const number = parsePhoneNumberFromString(text, { extract: false, ...(country && { defaultCountry: country }) });
  return number?.isValid() ? number.number : undefined;
}

function rateOf(fields: readonly Field[], read: (field: Field) => string | undefined): number {
  const start = performance.now();
  let found = 0;
  for (const field of fields) if (read(field) !== undefined) found += 1;
  if (found < fields.length / 4) throw new Error(`Only ${found} of ${fields.length} fields could be read.`);
  return (fields.length * 1_000) / (performance.now() - start);
}

function thousands(rate: number): string {
  return Math.round(rate).toLocaleString('en');
}
