import { readFileSync } from 'node:fs';
import { assert } from 'chai';
import fc from 'fast-check';
import { type CountryCode, getCountries, getExampleNumber, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { internationalMobile, nationalMobile, planOf } from '../../domain/phone/number-plan.ts';
import { RENUMBERINGS } from '../../domain/phone/renumbered.ts';
import { countryOf, lookupForms, parseE164, readPhoneNumbers } from '../../domain/phone.ts';
import { tallyReadings } from '../support/written-numbers.ts';

type Case = { field: string; country: CountryCode | undefined; expected: string; purpose: string };

const FORMATS = readCases('national-formats.tsv');
const MESSY = readCases('messy-fields.tsv');
const MOBILES = getCountries().flatMap((country) => getExampleNumber(country, examples)?.number ?? []);

describe('domain/phone', () => {
  it('reads no written form of a number surely as somebody else’s, and nearly all of them', () => {
    const { forms, wrong, missed } = tallyReadings(3_000, 9);
    assert.deepEqual(wrong, []);
    assert.isBelow(missed.length / forms, 0.005, JSON.stringify(missed.slice(0, 5)));
  });

  it('is tested on at least 300 fields from at least 30 countries', () => {
    const cases = [...FORMATS, ...MESSY];
    assert.isAtLeast(cases.length, 300);
    assert.isAtLeast(new Set(cases.map((each) => each.country)).size, 30);
  });

  describe('numbers as each country writes and dials them', () => {
    for (const each of FORMATS) itReads(each);
  });

  describe('fields as people and phones fill them', () => {
    for (const each of MESSY) itReads(each);
  });

  describe('readPhoneNumbers', () => {
    it('never throws and gives only valid E.164, whatever the field', () => {
      const country = fc.option(fc.constantFrom(...getCountries()), { nil: undefined });
      const text = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.string({ unit: fc.constantFrom(...'0123456789+*# -/();,.pwx転@:='), maxLength: 80 }),
      );
      fc.assert(
        fc.property(text, country, (field, owner) => {
          for (const { e164 } of readPhoneNumbers(field, owner)) {
            assert.isTrue(parsePhoneNumberFromString(e164)?.isValid(), `${JSON.stringify(field)} gave ${e164}`);
          }
        }),
        { numRuns: 3000 },
      );
    });

    it('reads a number the same through any decoration', () => {
      fc.assert(
        fc.property(fc.constantFrom(...MOBILES), fc.func(fc.nat(20)), (e164, choose) => {
          const field = [...e164].map((char, at) => decorate(char, choose(at))).join('');
          assert.deepEqual(readPhoneNumbers(field, 'CN'), [{ e164, guessed: false }], JSON.stringify(field));
        }),
        { numRuns: 2000 },
      );
    });

    it('gives each number once, and as sure when any mention of it is sure', () => {
      assert.deepEqual(readPhoneNumbers('8613800138000; +86 138 0013 8000', 'CN'), [
        { e164: '+8613800138000', guessed: false },
      ]);
    });

    it('does not read a field that is too long, because a part of a number may be another number', () => {
      assert.deepEqual(readPhoneNumbers(`13800138000${' '.repeat(250)}`, 'CN'), []);
      assert.deepEqual(readPhoneNumbers('1'.repeat(10_000_000), 'CN'), []);
    });

    it('reads at most ten numbers of one field', () => {
      const field = Array.from({ length: 14 }, (_, at) => `138001380${10 + at}`).join(';');
      assert.lengthOf(readPhoneNumbers(field, 'CN'), 10);
    });

    it('gets through a thousand fields made to be slow', () => {
      const hostile = ['1 ', '1,', '1111+', '13800138000/', '(0)', '1)))))', '86999999999;', '\ufdfa', '%31', 'a-='];
      const fields = hostile.map((unit) => unit.repeat(250).slice(0, 250));
      for (let round = 0; round < 100; round += 1) {
        for (const field of fields) assert.isAtMost(readPhoneNumbers(field, 'BR').length, 20);
      }
    });
  });

  describe('the fast path', () => {
    it('answers only what the library answers', () => {
      const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 0, maxLength: 4 });
      const prefix = fc.constantFrom('', '', '0', '00', '8', '1');
      fc.assert(
        fc.property(fc.constantFrom(...MOBILES), prefix, fc.nat(12), digits, (e164, trunk, at, noise) => {
          const number = parsePhoneNumberFromString(e164);
          const plan = number?.country && planOf(number.country);
          if (number === undefined || !plan) return;
          const { nationalNumber, countryCallingCode, country } = number;
          const mutated = trunk + nationalNumber.slice(0, at) + noise + nationalNumber.slice(at + noise.length);
          agrees(nationalMobile(mutated, plan), mutated, country);
          agrees(internationalMobile(countryCallingCode + mutated), `+${countryCallingCode}${mutated}`, undefined);
        }),
        { numRuns: 5000 },
      );
    });
  });

  describe('parseE164', () => {
    it('takes E.164 with spaces, dashes and parentheses', () => {
      for (const text of [
        '+8613800138000',
        '+86 138 0013 8000',
        ' +86-138-0013-8000\n',
        '(+86) 138 0013 8000',
        '+86 138–0013–8000',
      ]) {
        assert.equal(parseE164(text), '+8613800138000', text);
      }
      assert.equal(parseE164('+1 (650) 253-0000'), '+16502530000');
      assert.equal(parseE164('+390669812345'), '+390669812345');
      assert.equal(parseE164('+870773111632'), '+870773111632');
    });

    it('takes nothing else', () => {
      const refused = [
        ...['', '+', '13800138000', '008613800138000', '8613800138000', '++8613800138000', '＋8613800138000'],
        ...['+861380013800', '+86138001380000', '+9991234567', 'tel:+8613800138000', '+8613800138000;ext=1'],
        ...['+8613800138000x1', '+86 138 0013 8000 / 1', '+86.138.0013.8000', '+86138٠٠١٣8000', '+0613800138000'],
        ...[`+8613800138000${' '.repeat(40)}`, '+1'.repeat(1_000_000)],
      ];
      for (const text of refused) assert.isUndefined(parseE164(text), text.slice(0, 60));
    });

    it('refuses numbers that it would have to rewrite', () => {
      for (const text of ['+44 (0)20 7946 0018', '+86013800138000', '+5215512345678', '+551187654321']) {
        assert.isUndefined(parseE164(text), text);
      }
    });
  });

  describe('countryOf', () => {
    it('tells the countries of a shared code apart', () => {
      const expected: [string, string | undefined][] = [
        ['+16502530000', 'US'],
        ['+14169671111', 'CA'],
        ['+18769262222', 'JM'],
        ['+79123456789', 'RU'],
        ['+77012345678', 'KZ'],
        ['+442079460018', 'GB'],
        ['+447624369230', 'IM'],
        ['+8613800138000', 'CN'],
        ['+85251234567', 'HK'],
      ];
      for (const [e164, country] of expected) assert.equal(countryOf(e164), country, e164);
    });

    it('knows no country for satellites, international services and what is no number', () => {
      for (const e164 of ['+870773111632', '+80012345678', '+9991234567', '+86', '']) {
        assert.isUndefined(countryOf(e164), e164);
      }
    });
  });

  describe('lookupForms', () => {
    it('gives both forms of Argentinian, Mexican and Brazilian mobiles, the given one first', () => {
      assert.deepEqual(lookupForms('+5491123456789'), ['+5491123456789', '+541123456789']);
      assert.deepEqual(lookupForms('+541123456789'), ['+541123456789', '+5491123456789']);
      assert.deepEqual(lookupForms('+525512345678'), ['+525512345678', '+5215512345678']);
      assert.deepEqual(lookupForms('+5215512345678'), ['+5215512345678', '+525512345678']);
      assert.deepEqual(lookupForms('+5511987654321'), ['+5511987654321', '+551187654321']);
      assert.deepEqual(lookupForms('+551187654321'), ['+551187654321', '+5511987654321']);
    });

    it('lets both forms of a renumbered country meet, from either side', () => {
      const pairs: [former: string, present: string][] = [
        ['+22507123456', '+2250707123456'],
        ['+22997123456', '+2290197123456'],
        ['+841652345678', '+84352345678'],
        ['+5681234567', '+56981234567'],
        ['+23777123456', '+237677123456'],
        ['+2417123456', '+24177123456'],
        ['+24107123456', '+24177123456'],
        ['+37744123456', '+38344123456'],
      ];
      for (const [former, present] of pairs) {
        assert.include(lookupForms(former), present);
        assert.include(lookupForms(present), former);
      }
    });

    it('gives one form of every other number', () => {
      for (const e164 of ['+8613800138000', '+551134567890', '+5511912345678', '+16502530000', '+5411234567']) {
        assert.deepEqual(lookupForms(e164), [e164]);
      }
    });

    it('knows for each change whose it is and since when, and leads to numbers that are valid now', () => {
      for (const { since, source, rules } of RENUMBERINGS) {
        assert.match(since, /^\d{4}-\d\d-\d\d$/);
        assert.match(source, /^[A-Z].+[,:] .+/);
        for (const rule of rules) assert.isTrue(leadsToValid(rule), JSON.stringify(rule));
      }
    });

    it('leads from every form back to the first', () => {
      fc.assert(
        fc.property(fc.constantFrom(...MOBILES), (e164) => {
          for (const form of lookupForms(e164)) assert.include(lookupForms(form), e164);
        }),
      );
    });
  });
});

/** Some number that the rule makes is one by today's plan. */
function leadsToValid({ code = '', kept = '', to, rest }: (typeof RENUMBERINGS)[number]['rules'][number]): boolean {
  const numbers = fc.sample(fc.stringMatching(new RegExp(`^${code}${kept}${to}${rest}$`)), { numRuns: 3000, seed: 1 });
  return numbers.some((digits) => parsePhoneNumberFromString(`+${digits}`, { extract: false })?.isValid());
}

function itReads({ field, country, expected, purpose }: Case): void {
  it(`reads ${JSON.stringify(field)} in a book from ${country ?? 'nowhere'} as ${expected}: ${purpose}`, () => {
    const found = readPhoneNumbers(field, country).map(({ e164, guessed }) => (guessed ? `${e164}?` : e164));
    assert.equal(found.join(' ') || '-', expected);
  });
}

function agrees(fast: string | undefined, text: string, country: CountryCode | undefined): void {
  if (fast === undefined) return;
  const number = parsePhoneNumberFromString(text, { extract: false, ...(country && { defaultCountry: country }) });
  assert.isTrue(number?.isValid(), text);
  assert.equal(fast, number?.number, text);
}

/** The same character as other keyboards and programs write it, sometimes with what they put around it. */
function decorate(char: string, choice: number): string {
  const written = choice % 3 === 1 ? fullWidth(char) : char;
  const around = ['', ' ', '\u200e', '\u00a0', '-', '\u202f', '\u2011', '.', '\ufeff'][choice % 9] ?? '';
  return char === '+' ? `${around === '-' || around === '.' ? '' : around}${written}` : written + around;
}

function fullWidth(char: string): string {
  return String.fromCodePoint((char.codePointAt(0) ?? 0) + 0xfee0);
}

function readCases(file: string): Case[] {
  const lines = readFileSync(new URL(`../fixtures/phone/${file}`, import.meta.url), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [field = '', country, expected = '', purpose = ''] = line.split('\t');
      return {
        field: JSON.parse(`"${field.replaceAll('"', '\\"')}"`),
        country: country === '-' ? undefined : (country as CountryCode),
        expected,
        purpose,
      };
    });
}
