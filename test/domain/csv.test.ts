import { readdirSync, readFileSync } from 'node:fs';
import { assert } from 'chai';
import fc from 'fast-check';
import { type ColumnReport, type CsvContact, type CsvResult, createCsvReader } from '../../domain/csv.ts';

type Expected = CsvContact | { line: number; reason: string };

const FIXTURES = new URL('../fixtures/csv/', import.meta.url);
const BOOKS = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.csv'))
  .map((file) => ({
    file,
    bytes: readFileSync(new URL(file, FIXTURES)),
    expected: JSON.parse(readFileSync(new URL(file.replace('.csv', '.json'), FIXTURES), 'utf8')) as Expected[],
  }));
const HEADER_SETS = readHeaderSets();
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

  describe('columns as Outlook, Thunderbird, Yahoo and Windows name them, in their languages', () => {
    it('are of twelve languages and more', () => {
      assert.isAtLeast(new Set(HEADER_SETS.map(({ language }) => language)).size, 12);
      assert.isAtLeast(HEADER_SETS.length, 45);
    });

    for (const { program, language, columns } of HEADER_SETS)
      it(`reads every telephone of ${program} in ${language}, and nobody else's`, () => {
        const row = columns.map(({ role }, at) => (isNumber(role) ? numberAt(at) : isName(role) ? `N${at}` : ''));
        const [result] = read(
          fileOf(
            columns.map(({ header }) => header),
            row,
          ),
        );
        const expected = columns.flatMap(({ role }, at) => (role === 'phone' || role === '?' ? [numberAt(at)] : []));
        assert.deepEqual(contactIn(result).phoneNumbers, expected);
        for (const [at, { role }] of columns.entries())
          if (role === 'given' || role === 'family') assert.include(contactIn(result).name, `N${at}`);
      });
  });

  describe('columns whose names nobody knows', () => {
    it('are read when they hold telephone numbers, and named as guessed', () => {
      const { results, columns } = readAll('Vorname,Bla,Nr\nAnna,+49 171 1234567,4711\nBen,0171 7654321,4712\n');
      assert.deepEqual(
        results.map((result) => contactIn(result).phoneNumbers),
        [['+49 171 1234567'], ['0171 7654321']],
      );
      assert.deepEqual(columns, { read: ['Vorname'], guessed: ['Bla'], notUnderstood: ['Nr'] });
    });

    it('are read from the first row on, however far down their first number stands', () => {
      const rows = Array.from({ length: 400 }, (_, at) => `P${at},1${at},${at === 399 ? '+49 171 1234567' : ''}`);
      const { results, columns } = readAll(`Name,Mobile,Bla\n${rows.join('\n')}\n`);
      assert.deepEqual(contactIn(results.at(-1)).phoneNumbers, ['1399', '+49 171 1234567']);
      assert.deepEqual(columns?.guessed, ['Bla']);
    });

    it('are named and left alone when they hold dates, numbers of customers, amounts or anything else', () => {
      for (const value of [
        '01.02.1970',
        '1970-01-01',
        '12345678',
        '4711',
        '12,50',
        '00012345',
        '10115',
        'Berlin',
        '123 456 789',
      ])
        assert.deepEqual(readAll(`Name;Mobile;Bla\nA;1;${value}\n`).columns, {
          read: ['Name', 'Mobile'],
          guessed: [],
          notUnderstood: ['Bla'],
        });
    });

    it('are not named when they are empty', () => {
      assert.deepEqual(readAll('Name,Mobile,Bla\nA,1,\n').columns?.notUnderstood, []);
    });

    it('are enough, also in a single row, where one holds numbers and at most one other has words', () => {
      const { results, columns } = readAll('Foo,Bar,Nr\nAnna,+49 171 1234567,7\n');
      assert.deepInclude(contactIn(results[0]), { name: 'Anna', phoneNumbers: ['+49 171 1234567'] });
      assert.deepEqual(columns, { read: [], guessed: ['Bar', 'Foo'], notUnderstood: ['Nr'] });
      assert.deepEqual(contactIn(readAll('Bla\n(650) 253-0000\n').results[0]).phoneNumbers, ['(650) 253-0000']);
    });

    it('are enough for the numbers where several have words, and a number is no name that a book keeps', () => {
      for (const rows of [1, 2, 5]) {
        const all = Array.from({ length: rows }, (_, at) => `+861300138000${at}`);
        const { results, columns } = readAll(
          `Foo,Bla,Quux\n${all.map((one, at) => `Jan${at},${one},shoe\n`).join('')}`,
        );
        assert.deepEqual(
          results.map(contactIn),
          all.map((one) => ({ name: one, phoneNumbers: [one], groups: [] })),
        );
        assert.deepEqual(columns, { read: [], guessed: ['Bla'], notUnderstood: ['Foo', 'Quux'] });
      }
    });

    it('make no address book where no number is unmistakable, or the first line has one: the answer says what the file needs', () => {
      for (const text of [
        'Jan,+8613001380001,shoe\nPiet,+8613001380002,shoe\n',
        'Jan,١٣٠٠١٣٨٠٠٠١,shoe\nPiet,+8613001380002,shoe\n',
        'Jan,13001380001,shoe\nPiet,+8613001380002,shoe\n',
        'Foo,Bla,Quux\nJan,13001380001,shoe\n',
        'Foo,Bar\nAnna,1715550001\n',
        'Anna,1715550001\nBen,+49 171 1234567\n',
        'Anna,+49 171 1234567\nBen,+49 171 1234568\n',
        'Foo,Bar\n',
      ])
        assert.throws(() => readAll(text), /must name its columns/, text);
    });

    it('never are those of a fax, or of an assistant', () => {
      const { results, columns } = readAll(`Name,Mobile,Fax privat,Assistant's Phone\nA,1,+49 30 1,+49 171 1234567\n`);
      assert.deepEqual(contactIn(results[0]).phoneNumbers, ['1']);
      assert.deepEqual(columns?.notUnderstood, []);
    });
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
      ['blanks and digits in unknown columns', `A,1,,${'0 '.repeat(40_000)}\n`.repeat(100)],
      ['an unclosed quotation mark before short rows', `"${'\nA,1,'.repeat(200_000)}`],
      ['an unclosed quotation mark before empty lines', `"${'\n'.repeat(1_000_000)}`],
      ['pairs of quotation marks after one that is not closed', `"${'\n"",""'.repeat(160_000)}`],
      ['a new unclosed quotation mark on every line', 'x"y,"\n'.repeat(160_000)],
      ['an unclosed quotation mark on every line', '"a\n'.repeat(325_000)],
      ['quotation marks', '"'.repeat(1_000_000)],
      ['quotation marks on lines of 30,000', `${'"'.repeat(29_999)}\n`.repeat(33)],
      ['delimiters', `${','.repeat(30_000)}\n`.repeat(33)],
      ['labels', `A,1,${';'.repeat(30_000)}\n`.repeat(33)],
      ['number lists', `A,${' ::: '.repeat(6_000)}\n`.repeat(33)],
      ['blanks', `${' '.repeat(30_000)},1\n`.repeat(33)],
      ['two hundred thousand unclosed rows of one byte', '"\n'.repeat(200_000)],
    ];
    for (const [what, book] of hostile)
      it(`gets through a megabyte of ${what}`, () => {
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

function readAll(file: string): { results: CsvResult[]; columns: ColumnReport | undefined } {
  const reader = createCsvReader();
  const results = [...reader.push(Buffer.from(file)), ...reader.end()];
  return { results, columns: reader.columns() };
}

function contactIn(result: CsvResult | undefined): CsvContact {
  if (result === undefined || 'reason' in result) throw new Error('There is no contact.');
  return result.contact;
}

function readHeaderSets(): { program: string; language: string; columns: { role: string; header: string }[] }[] {
  const lines = readFileSync(new URL('headers.tsv', FIXTURES), 'utf8').split('\n');
  const sets = new Map<string, { role: string; header: string }[]>();
  for (const line of lines.filter((one) => one !== '' && !one.startsWith('#'))) {
    const [program = '', language = '', role = '', headers = ''] = line.split('\t');
    const columns = headers.split('|').map((header) => ({ role, header }));
    sets.set(`${program} ${language}`, [...(sets.get(`${program} ${language}`) ?? []), ...columns]);
  }
  return [...sets].map(([key, columns]) => {
    const [program = '', language = ''] = key.split(' ');
    return { program, language, columns };
  });
}

function isNumber(role: string): boolean {
  return ['phone', '?', 'unused'].includes(role);
}

function isName(role: string): boolean {
  return ['given', 'family', 'middle'].includes(role);
}

function numberAt(column: number): string {
  return `+49 171 ${1_000_000 + column}`;
}

function fileOf(...rows: string[][]): Buffer {
  return Buffer.from(rows.map((row) => row.map(quoted).join(',')).join('\n'));
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
