import libphonenumber from 'google-libphonenumber';
import type { CountryCode } from 'libphonenumber-js/max';
import { lookupForms, readPhoneNumbers } from '../../domain/phone.ts';

const { PhoneNumberFormat, PhoneNumberType, PhoneNumberUtil } = libphonenumber;
type PhoneNumber = libphonenumber.PhoneNumber;
const google = PhoneNumberUtil.getInstance();

/** Sixty countries: all continents, open and closed plans, with and without trunk prefixes, carrier prefixes after `00`. */
export const COUNTRIES =
  'AE AR AT AU BD BE BG BJ BR CA CH CI CL CN CO CZ DE DK EG ES FI FR GB GR HK HU ID IE IL IN IR IT JP KE KH KR MA MX MY NG NL NO NZ PE PH PK PL PT RO RU SA SE SG TH TR TW UA US VN ZA'.split(
    ' ',
  ) as CountryCode[];

/** A number of `reached`, as somebody writes it into a book of `owner`; no `e164`: the writing has lost the number. */
export type Written = { field: string; owner: CountryCode; reached: CountryCode; e164: string | undefined };

/** What reading came to. `missed`: neither surely nor by a guess; `wrong`: sure, and somebody else's; `guessedWrong`: guessed, and so. */
export type Tally = { forms: number; missed: Written[]; wrong: Written[]; guessedWrong: Written[] };

/** Reads so many written forms, always the same ones for a seed. */
export function tallyReadings(forms: number, seed: number): Tally {
  const random = seeded(seed);
  const tally: Tally = { forms: 0, missed: [], wrong: [], guessedWrong: [] };
  while (tally.forms < forms) {
    const written = write(random);
    if (written === undefined) continue;
    tally.forms += 1;
    take(tally, written);
  }
  return tally;
}

function take(tally: Tally, written: Written): void {
  const { field, owner, e164 } = written;
  const accepted = e164 === undefined ? [] : lookupForms(e164);
  const read = readPhoneNumbers(field, owner);
  const others = read.filter((number) => !accepted.includes(number.e164));
  if (others.some(({ guessed }) => !guessed)) tally.wrong.push(written);
  else if (others.length > 0) tally.guessedWrong.push(written);
  if (e164 !== undefined && read.length === others.length) tally.missed.push(written);
}

type Random = (below: number) => number;
type Writing = (number: PhoneNumber, owner: CountryCode, random: Random) => string | undefined;

/** As numbers of the own country are written. */
const AT_HOME: readonly Writing[] = [
  national,
  (number) => dialled(number),
  (number, _, random) => respaced(national(number), random),
  (number) => fullWidth(national(number)),
  (number) => `Tel. ${national(number)} (privat)`,
  (number) => `${national(number)} ext. 12`,
  (number) => e164Of(number).slice(1),
  (number) => spreadsheet(dialled(number)),
  (number) => `tel:${dialled(number)};phone-context=+${number.getCountryCode()}`,
];
/** As numbers of any country are written. */
const ANYWHERE: readonly Writing[] = [
  e164Of,
  (number) => google.format(number, PhoneNumberFormat.INTERNATIONAL),
  (number) => google.format(number, PhoneNumberFormat.RFC3966),
  (number, _, random) => respaced(google.format(number, PhoneNumberFormat.INTERNATIONAL), random),
  (number) => fullWidth(e164Of(number)),
  (number) => `\u202a${google.format(number, PhoneNumberFormat.INTERNATIONAL)}\u202c`,
  (number) => e164Of(number).replace(/^\+(\d{2})/, '(+$1) '),
  (number) => e164Of(number).replace('+', '++'),
  (number) => e164Of(number).replace('+', '00'),
  (number, _, random) => respaced(e164Of(number).replace('+', '00 '), random),
  (number) => google.format(number, PhoneNumberFormat.INTERNATIONAL).replace('+', '00'),
  (number, owner) => google.formatOutOfCountryCallingNumber(number, owner),
  (number) => `${e164Of(number)}p12`,
];

function write(random: Random): Written | undefined {
  const owner = pick(COUNTRIES, random);
  const reached = random(3) === 0 ? owner : pick(COUNTRIES, random);
  const number = someNumber(reached, random);
  if (number === undefined) return undefined;
  const writings = reached === owner ? [...AT_HOME, ...ANYWHERE] : ANYWHERE;
  if (random(20) === 0) return { field: exponent(number, random), owner, reached, e164: undefined };
  const field = pick(writings, random)(number, owner, random);
  return field === undefined ? undefined : { field, owner, reached, e164: e164Of(number) };
}

/** The library's own example, with other last digits where that is valid as well. */
function someNumber(country: CountryCode, random: Random): PhoneNumber | undefined {
  const type = random(3) === 0 ? PhoneNumberType.FIXED_LINE : PhoneNumberType.MOBILE;
  const example = google.getExampleNumberForType(country, type);
  if (example === null) return undefined;
  const digits = e164Of(example);
  const other = digits.replace(/\d{5}$/, () => String(random(100_000)).padStart(5, '0'));
  const number = google.parse(other);
  return google.isValidNumber(number) ? number : example;
}

function national(number: PhoneNumber): string {
  return google.format(number, PhoneNumberFormat.NATIONAL);
}

function dialled(number: PhoneNumber): string {
  return national(number).replace(/\D/g, '');
}

/** A cell that was taken for a number; undefined where that loses a zero which belongs to the number. */
function spreadsheet(digits: string): string | undefined {
  return digits.startsWith('0') ? undefined : `${digits}.0`;
}

function e164Of(number: PhoneNumber): string {
  return google.format(number, PhoneNumberFormat.E164);
}

function respaced(text: string, random: Random): string {
  const blank = pick([' ', '.', '-', '\u00a0', '\u2011', ''], random);
  return text.replace(/[ -]/g, blank);
}

function fullWidth(text: string): string {
  return text.replace(/[+\d()-]/g, (char) => String.fromCodePoint((char.codePointAt(0) ?? 0) + 0xfee0));
}

function exponent(number: PhoneNumber, random: Random): string {
  const digits = e164Of(number).slice(1);
  const mantissa = (Number(digits) / 10 ** (digits.length - 1)).toFixed(2 + random(5));
  return `${pick([mantissa, mantissa.replace('.', ',')], random)}E+${digits.length - 1}`;
}

function pick<T>(list: readonly T[], random: Random): T {
  return list[random(list.length)] as T;
}

/** Mulberry32. */
function seeded(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
