import { readdirSync, readFileSync } from 'node:fs';
import { assert } from 'chai';
import fc from 'fast-check';
import { type CsvContact, type CsvResult, createCsvReader } from '../../domain/csv.ts';

type Expected = CsvContact | { line: number; reason: string };

const FIXTURES = new URL('../fixtures/csv/', import.meta.url);
const BOOKS = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.csv'))
  .map((file) => ({
    file,
    bytes: readFileSync(new URL(file, FIXTURES)),
    expected: JSON.parse(readFileSync(new URL(file.replace('.csv', '.json'), FIXTURES), 'utf8')) as Expected[],
  }));
const HEADER = 'Name,Phone,Labels\n';

describe('domain/csv', () => {
  describe('books as Google, Outlook and others export them', () => {
    for (const { file, bytes, expected } of BOOKS) {
      it(`reads ${file} as its .json says`, () => {
        assert.deepEqual(read(bytes), expected.map(atIndex));
      });

      it(`gives the same for ${file}, cut in two at any byte or into single bytes`, () => {
        const whole = read(bytes);
        for (let at = 0; at <= bytes.length; at += 1)
          assert.deepEqual(read(bytes.subarray(0, at), bytes.subarray(at)), whole, `cut at ${at}`);
        assert.deepEqual(read(...Array.from(bytes, (byte) => Uint8Array.of(byte))), whole);
      });
    }
  });

  describe('a file that is no address book', () => {
    const files: [string, string | Uint8Array][] = [
      ['is empty', ''],
      ['has rows without a header', 'Alice,+8613800138000\nBob,+8613900139000\n'],
      ['has no column of telephone numbers', 'First Name,Last Name,E-mail Address\nA,B,c@d.example\n'],
      ['is a page', '<!doctype html>\n<html><body>Log in</body></html>\n'],
      ['is cards', 'BEGIN:VCARD\nVERSION:3.0\nFN:A\nEND:VCARD\n'],
      ['is a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 1)],
      ['is one line of 10 MB', 'a,'.repeat(5_000_000)],
    ];
    for (const [what, file] of files)
      it(`such as one that ${what} is refused with the columns that are expected`, () => {
        assert.throws(() => read(Buffer.from(file)), /must name its columns.*"Phone 1 - Value", "Mobile Phone"/);
      });
  });

  describe('what is written is read', () => {
    it('reads any name and number back, whatever is quoted', () => {
      fc.assert(
        fc.property(
          fc.array(rows(), { minLength: 1, maxLength: 5 }),
          fc.constantFrom(',', ';', '\t'),
          (all, delimiter) => {
            const cells = [['Name', 'Phone', 'Labels'], ...all.map(({ name, number }) => [name, number, ''])];
            const file = cells.map((row) => row.map(quoted).join(delimiter)).join('\r\n');
            const expected = all.map(({ name, number }) => ({ name, phoneNumbers: [number], groups: [] }));
            assert.deepEqual(read(Buffer.from(file)), expected.map(atIndex));
          },
        ),
      );
    });
  });

  describe('limits', () => {
    it('cuts a name at 1,024 characters and leaves out what is too long for a number', () => {
      const [result] = read(Buffer.from(`${HEADER}${'a'.repeat(2000)},${'1'.repeat(513)},\n`));
      assert.deepEqual(result, { index: 0, contact: { name: 'a'.repeat(1024), phoneNumbers: [], groups: [] } });
    });

    it('refuses a row of 10 MB on one line, and reads on', () => {
      for (const start of ['', '"', ',"', '""'])
        assert.deepEqual(read(Buffer.from(`${HEADER}${start}${'a,'.repeat(5_000_000)}\nA,1,\n`)), [
          { index: 0, line: 2, reason: 'The row has a line of more than 90112 bytes.' },
          { index: 1, contact: { name: 'A', phoneNumbers: ['1'], groups: [] } },
        ]);
    });
  });

  // Each of these takes milliseconds in linear time, and hours when anything in the reader is quadratic.
  describe('books made to be slow', () => {
    const hostile: [string, string][] = [
      ['an unclosed quotation mark before short rows', `"${'\nA,1,'.repeat(1_600_000)}`],
      ['an unclosed quotation mark before empty lines', `"${'\n'.repeat(8_000_000)}`],
      ['pairs of quotation marks after one that is not closed', `"${'\n"",""'.repeat(1_300_000)}`],
      ['a new unclosed quotation mark on every line', 'x"y,"\n'.repeat(1_300_000)],
      ['an unclosed quotation mark on every line', '"a\n'.repeat(2_600_000)],
      ['quotation marks', '"'.repeat(8_000_000)],
      ['quotation marks on lines of 30,000', `${'"'.repeat(29_999)}\n`.repeat(266)],
      ['delimiters', `${','.repeat(30_000)}\n`.repeat(266)],
      ['labels', `A,1,${';'.repeat(30_000)}\n`.repeat(266)],
      ['number lists', `A,${' ::: '.repeat(6_000)}\n`.repeat(266)],
      ['blanks', `${' '.repeat(30_000)},1\n`.repeat(266)],
      ['two hundred thousand unclosed rows of one byte', '"\n'.repeat(200_000)],
    ];
    for (const [what, book] of hostile)
      it(`gets through 8 MB of ${what}`, () => {
        read(Buffer.from(HEADER + book));
      });
  });

  it('never throws on a file with a header, and numbers its results from 0', () => {
    const piece = fc.constantFrom(
      ...['"', '""', ',', ';', '\n', '\r\n', '\r', 'A', ' ', '1', ':::', '\t', '\u00ff', '喆', '='],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, latin) => {
        const bytes = Buffer.from(HEADER + pieces.join(''), latin ? 'latin1' : 'utf8');
        const results = read(bytes);
        assert.deepEqual(
          results.map(({ index }) => index),
          results.map((_, at) => at),
        );
        assert.deepEqual(read(bytes.subarray(0, 30), bytes.subarray(30)), results);
      }),
      { numRuns: 5000 },
    );
  });
});

function read(...chunks: Uint8Array[]): CsvResult[] {
  const reader = createCsvReader();
  const results = chunks.map((chunk) => reader.push(chunk));
  return [...results, reader.end()].flat();
}

function atIndex(expected: Expected, index: number): CsvResult {
  return 'reason' in expected ? { index, ...expected } : { index, contact: expected };
}

/** Names that are trimmed already and hold no line break but `\n`. */
function rows(): fc.Arbitrary<{ name: string; number: string }> {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .map((text) => text.replace(/\r\n?/g, '\n').trim())
    .filter((text) => text !== '');
  return fc.record({ name, number: fc.stringMatching(/^\+?[0-9][0-9 -]{3,12}[0-9]$/) });
}

function quoted(text: string): string {
  return /["\n,;\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
