import { readdirSync, readFileSync } from 'node:fs';
import { assert } from 'chai';
import fc from 'fast-check';
import {
  createVcardReader,
  readVcards,
  type VcardContact,
  type VcardGroup,
  type VcardResult,
} from '../../domain/vcard.ts';

type Expected = (VcardContact & { remark?: string }) | { group: VcardGroup } | { line: number; reason: string };

const FIXTURES = new URL('../fixtures/vcard/', import.meta.url);
const BOOKS = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.vcf'))
  .map((file) => ({
    file,
    bytes: readFileSync(new URL(file, FIXTURES)),
    expected: JSON.parse(readFileSync(new URL(file.replace('.vcf', '.json'), FIXTURES), 'utf8')) as Expected[],
  }));

describe('domain/vcard', () => {
  it('looks at so many lines of a card and at no more: what they say is kept, and the cards that follow are read', () => {
    const long = `BEGIN:VCARD\nUID:1\nFN:Ann\nTEL:1\n${'TEL:2\n'.repeat(100_000)}TEL:3\nNOTE:x\nEND:VCARD\n`;
    const members = Array.from({ length: 20_000 }, (_, i) => `MEMBER:${i}`);
    const group = ['BEGIN:VCARD', 'VERSION:4.0', 'KIND:group', 'FN:All', ...members, 'END:VCARD'].join('\n');
    const [first, second, third] = readVcards(Buffer.from(`${long}${group}\nBEGIN:VCARD\nFN:Bob\nTEL:4\nEND:VCARD\n`));
    assert.deepEqual(first, {
      index: 0,
      contact: { uid: '1', name: 'Ann', phoneNumbers: ['1', '2'], groups: [] },
      remark: 'Kept, but the card on line 1 has more than 30000 lines, and the others were not read.',
    });
    assert.deepEqual(second, { index: 1, group: { name: 'All', members: members.map((one) => one.slice(7)) } });
    assert.deepEqual(third, { index: 2, contact: { name: 'Bob', phoneNumbers: ['4'], groups: [] } });
  });

  describe('books as phones and programs export them', () => {
    it('are at least 40 cards', () => {
      assert.isAtLeast(BOOKS.flatMap((book) => book.expected).length, 40);
    });

    for (const { file, bytes, expected } of BOOKS) {
      it(`reads ${file} as its .json says`, () => {
        assert.deepEqual(readVcards(bytes), expected.map(atIndex));
      });
    }

    it('reads them all when they are joined into one file', () => {
      const joined = BOOKS.filter(({ file }) => !file.startsWith('utf-16') && file !== 'broken.vcf');
      const bytes = Buffer.concat(joined.flatMap((book) => [book.bytes, Buffer.from('\r\n')]));
      assert.deepEqual(readVcards(bytes), joined.flatMap((book) => book.expected).map(atIndex));
    });
  });

  describe('a book that comes in pieces', () => {
    for (const { file, bytes } of BOOKS) {
      it(`gives the same for ${file}, cut in two at any byte or into single bytes`, () => {
        const whole = readVcards(bytes);
        for (let at = 0; at <= bytes.length; at += 1) {
          assert.deepEqual(readInPieces([bytes.subarray(0, at), bytes.subarray(at)]), whole, `cut at ${at}`);
        }
        assert.deepEqual(readInPieces(Array.from(bytes, (byte) => Uint8Array.of(byte))), whole);
      });
    }

    it('gives each card as soon as the line after it has begun', () => {
      const reader = createVcardReader();
      assert.deepEqual(reader.push(Buffer.from('BEGIN:VCARD\nFN:A\nEND:VCARD\n')), []);
      assert.lengthOf(reader.push(Buffer.from('BEGIN:VCARD\n')), 1);
      assert.lengthOf(reader.end(), 1);
    });

    it('keeps nothing of the photos, however large the book', () => {
      const photo = `PHOTO;ENCODING=b:${`${'A'.repeat(74)}\r\n `.repeat(5000)}`;
      const card = Buffer.from(`BEGIN:VCARD\r\nFN:A\r\nTEL:1\r\n${photo}\r\nEND:VCARD\r\n`);
      const reader = createVcardReader();
      const before = process.memoryUsage.rss();
      let cards = 0;
      for (let sent = 0; sent < 64_000_000; sent += card.length) cards += reader.push(card).length;
      assert.isAtLeast(cards, 160);
      assert.isBelow(process.memoryUsage.rss() - before, 64_000_000);
    });
  });

  describe('what is written is read', () => {
    it('reads any name and number back from vCard 3.0, wherever the lines are folded', () => {
      fc.assert(
        fc.property(names(), numbers(), fc.integer({ min: 1, max: 80 }), (name, phoneNumbers, width) => {
          const lines = [
            `FN:${escapeText(name)}`,
            ...phoneNumbers.map((number) => `item1.TEL;TYPE="cell,x:y":${number}`),
          ];
          const card = ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD'].map((line) => fold(line, width));
          assert.deepEqual(readVcards(Buffer.concat(card)), [atIndex({ name, phoneNumbers, groups: [] }, 0)]);
        }),
      );
    });

    it('reads any name back from vCard 2.1 in quoted-printable, wherever the soft breaks are', () => {
      fc.assert(
        fc.property(names(), fc.integer({ min: 1, max: 30 }), (name, width) => {
          const escaped = escapeText(name).replaceAll('\\n', '\n');
          const units = Array.from(Buffer.from(escaped), (byte) => `=${byte.toString(16).padStart(2, '0')}`);
          const value = units.map((unit, at) => (at % width === width - 1 ? `${unit}=\r\n` : unit)).join('');
          const card = `BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=UTF-8;QUOTED-PRINTABLE:${value}\r\nEND:VCARD\r\n`;
          assert.deepEqual(readVcards(Buffer.from(card)), [atIndex({ name, phoneNumbers: [], groups: [] }, 0)]);
        }),
      );
    });
  });

  it('reads the curly quotes and the euro of Windows-1252, with and without a CHARSET', () => {
    for (const parameter of ['', ';CHARSET=windows-1252', ';CHARSET=ISO-8859-1'])
      assert.deepEqual(readVcards(Buffer.from(`BEGIN:VCARD\nFN${parameter}:O\x92Neill \x80\nEND:VCARD`, 'latin1')), [
        atIndex({ name: 'O’Neill €', phoneNumbers: [], groups: [] }, 0),
      ]);
  });

  describe('cards that are not as they should be', () => {
    const LATER = 'BEGIN:VCARD\nVERSION:3.0\nFN:Later\nTEL:9\nEND:VCARD\n';
    const later = { name: 'Later', phoneNumbers: ['9'], groups: [] };

    it('reads a card within another, and says so; AGENT is no card of the book', () => {
      const book = 'BEGIN:VCARD\nFN:Outer\nBEGIN:VCARD\nFN:Inner\nTEL:2\nEND:VCARD\nTEL:1\nEND:VCARD\n';
      assert.deepEqual(readVcards(Buffer.from(book + LATER)), [
        { index: 0, contact: { name: 'Outer', phoneNumbers: ['1'], groups: [] } },
        {
          index: 1,
          contact: { name: 'Inner', phoneNumbers: ['2'], groups: [] },
          remark: 'Kept, but the card on line 3 stands within another card.',
        },
        { index: 2, contact: later },
      ]);
    });

    it('reads a card whose end is missing, before others and at the end of the file, and says so', () => {
      const open = 'BEGIN:VCARD\nFN:Open\nTEL:1\n';
      const contact = { name: 'Open', phoneNumbers: ['1'], groups: [] };
      const remark = (line: number) => `Kept, but the card on line ${line} has no END:VCARD line.`;
      assert.deepEqual(readVcards(Buffer.from(open + LATER + LATER)), [
        { index: 0, contact, remark: remark(1) },
        { index: 1, contact: later },
        { index: 2, contact: later },
      ]);
      assert.deepEqual(readVcards(Buffer.from(LATER + open)), [
        { index: 0, contact: later },
        { index: 1, contact, remark: remark(6) },
      ]);
    });

    it('does not read a number of which the file may hold the beginning only', () => {
      assert.deepEqual(onlyResult('BEGIN:VCARD\nFN:Cut\nTEL:+49171123456\nTEL:+49301234').phoneNumbers, [
        '+49171123456',
      ]);
      assert.deepEqual(onlyResult('BEGIN:VCARD\nFN:Whole\nTEL:+49301234\nEND:VCARD').phoneNumbers, ['+49301234']);
    });

    it('reads cards that are indented, as a whole or between their first and last line', () => {
      const card = ['BEGIN:VCARD', 'VERSION:3.0', 'FN:Anna', ' Folded', 'TEL:1', 'END:VCARD'];
      const expected = { name: 'AnnaFolded', phoneNumbers: ['1'], groups: [] };
      for (const indent of ['  ', '\t', '        ']) {
        const whole = card.map((line) => `${indent}${line}\n`).join('');
        const inner = card.map((line) => (line.endsWith('VCARD') ? `${line}\n` : `${indent}${line}\n`)).join('');
        assert.deepEqual(readVcards(Buffer.from(whole + inner + LATER)), [
          { index: 0, contact: expected },
          { index: 1, contact: expected },
          { index: 2, contact: later },
        ]);
      }
    });

    it('keeps the middle name where there is only N', () => {
      assert.equal(onlyContact('N:Lovelace;Ada;Augusta King;Lady;\nTEL:1').name, 'Ada Augusta King Lovelace');
      assert.equal(onlyContact('N:山田;太郎;;;\nTEL:1').name, '山田太郎');
    });

    it('reads ENCODING=Q like QUOTED-PRINTABLE, its soft breaks too', () => {
      assert.equal(onlyContact('FN;CHARSET=UTF-8;ENCODING=Q:J=C3=BCrgen=\n=20Gro=C3=9F').name, 'Jürgen Groß');
      assert.equal(onlyContact('FN;ENCODING=Q;CHARSET=UTF-8:Zo=C3=AB').name, 'Zoë');
    });
  });

  describe('text that is no UTF-8', () => {
    const labelled: [label: string, bytes: number[], name: string][] = [
      ['CP932', [0x8e, 0x52, 0x93, 0x63, 0xfa, 0x58], '山田㈱'],
      ['Windows-31J', [0x8e, 0x52, 0x93, 0x63], '山田'],
      ['SHIFT-JIS', [0x8e, 0x52, 0x93, 0x63], '山田'],
      ['CP936', [0xd5, 0xc5, 0xce, 0xb0], '张伟'],
      ['GBK', [0x82, 0x35, 0x8f, 0x33], '龦'],
      ['GB18030', [0x95, 0x32, 0x82, 0x36], '𠀀'],
      ['gb2312', [0x86, 0xb4], '喆'],
      ['CP949', [0xb1, 0xe8], '김'],
      ['CP950', [0xb1, 0x69], '張'],
      ['WIN1251', [0xc8, 0xe2, 0xe0, 0xed], 'Иван'],
      ['KOI8-R', [0xe9, 0xd7, 0xc1, 0xce], 'Иван'],
      ['cp1253', [0xcd, 0xdf, 0xea, 0xef, 0xf2], 'Νίκος'],
    ];
    for (const [label, bytes, name] of labelled)
      it(`is read as ${label} where that is said`, () => {
        assert.equal(onlyName([...Buffer.from(`FN;CHARSET=${label}:`), ...bytes]), name);
      });

    const unlabelled: [what: string, names: [bytes: string, name: string][]][] = [
      [
        'Shift_JIS',
        [
          ['8e52936391be9859', '山田太郎'],
          ['97e996d8 89d48e71', '鈴木花子'],
          ['82e282dc82be', 'やまだ'],
        ],
      ],
      [
        'Windows-1251',
        [
          ['c8e2e0ed20cfe5f2f0eee2', 'Иван Петров'],
          ['ceebfce3e0', 'Ольга'],
          ['d1e5f0e3e5e9', 'Сергей'],
        ],
      ],
      [
        'Windows-1253',
        [
          ['cddfeaeff220d0e1f0dce4', 'Νίκος Παπάδ'],
          ['cce1f1dfe1', 'Μαρία'],
          ['d3dff6e9', 'Σίφι'],
        ],
      ],
      [
        'GBK',
        [
          ['d5c5ceb0', '张伟'],
          ['cdf5d0a1c3f7', '王小明'],
          ['c5b7d1f486b4', '欧阳喆'],
        ],
      ],
      [
        'GB18030',
        [
          ['d5c5ceb0', '张伟'],
          ['c0ee82358f33', '李龦'],
        ],
      ],
      [
        'Windows-1252',
        [
          ['4dfc6c6c6572', 'Müller'],
          ['4a6f73e9204efaf1657a', 'José Núñez'],
        ],
      ],
    ];
    for (const [what, names] of unlabelled)
      it(`is recognised as ${what} where nothing is said`, () => {
        const cards = names.map(([hex]) => [
          ...Buffer.from('BEGIN:VCARD\nFN:'),
          ...Buffer.from(hex.replaceAll(' ', ''), 'hex'),
          ...Buffer.from('\nTEL:1\nEND:VCARD\n'),
        ]);
        const expected = names.map(([, name], index) => atIndex({ name, phoneNumbers: ['1'], groups: [] }, index));
        const bytes = Buffer.from(cards.flat());
        assert.deepEqual(readVcards(bytes), expected);
        assert.deepEqual(readInPieces(Array.from(bytes, (byte) => Uint8Array.of(byte))), expected);
      });

    it('holds a file back for 64 kB at most', () => {
      const card = Buffer.from('BEGIN:VCARD\nFN:M\xfcller\nTEL:1\nEND:VCARD\n', 'latin1');
      const reader = createVcardReader();
      let cards = 0;
      let sent = 0;
      for (; cards === 0 && sent < 200_000; sent += card.length) cards += reader.push(card).length;
      assert.isBelow(sent, 100_000);
    });
  });

  describe('cards that are groups', () => {
    const member = 'BEGIN:VCARD\nVERSION:3.0\nUID:A-1\nFN:Anna\nTEL:1\nEND:VCARD\n';

    it('of vCard 4.0 and of Apple’s are told with their members', () => {
      for (const [kind, memberName] of [
        ['KIND', 'MEMBER'],
        ['X-ADDRESSBOOKSERVER-KIND', 'X-ADDRESSBOOKSERVER-MEMBER'],
      ])
        assert.deepEqual(
          readVcards(
            Buffer.from(
              `${member}BEGIN:VCARD\nUID:G\n${kind}:Group\nFN:Family\n${memberName}:urn:uuid:A-1\n${memberName}:b-2\nEND:VCARD\n`,
            ),
          )[1],
          { index: 1, group: { name: 'Family', members: ['a-1', 'b-2'] } },
        );
    });
  });

  describe('limits', () => {
    it('cuts a name at 1,024 characters and never through a surrogate pair', () => {
      assert.equal(onlyContact(`FN:${'a'.repeat(2000)}`).name, 'a'.repeat(1024));
      assert.equal(onlyContact(`FN:a${'😀'.repeat(2000)}`).name, `a${'😀'.repeat(511)}`);
    });

    it('keeps 100 numbers and 100 groups of a card', () => {
      const lines = Array.from({ length: 5000 }, (_, at) => `TEL:${at}\nCATEGORIES:g${at}`);
      const contact = onlyContact(['FN:A', ...lines].join('\n'));
      assert.lengthOf(contact.phoneNumbers, 100);
      assert.lengthOf(contact.groups, 100);
    });

    it('leaves out numbers and identifiers that are too long to be any', () => {
      assert.deepEqual(onlyContact(`FN:A\nUID:${'1'.repeat(1025)}\nTEL:${'1'.repeat(513)}`), {
        name: 'A',
        phoneNumbers: [],
        groups: [],
      });
    });

    it('reads on after a line of 10 MB', () => {
      for (const name of ['FN:', 'TEL:', 'NOTE:', 'FN;X="', 'CATEGORIES:,', 'X', '']) {
        const book = `BEGIN:VCARD\nFN:A\n${name}${'a,'.repeat(5_000_000)}\nTEL:1\nEND:VCARD\n`;
        assert.deepInclude(onlyResult(book), { phoneNumbers: ['1'] }, name);
      }
    });
  });

  // Each of these takes milliseconds in linear time, and hours when anything in the reader is quadratic.
  describe('books made to be slow', () => {
    const hostile: [string, string][] = [
      ['soft breaks without text', `BEGIN:VCARD\nFN;QUOTED-PRINTABLE:${'=\n'.repeat(500_000)}\nEND:VCARD`],
      ['soft breaks with text', `BEGIN:VCARD\nFN;QUOTED-PRINTABLE:${'=41=\n'.repeat(250_000)}\nEND:VCARD`],
      ['equals signs on one line', `BEGIN:VCARD\nFN;QUOTED-PRINTABLE:${'='.repeat(1_000_000)}\nEND:VCARD`],
      ['blanks after a soft break', `BEGIN:VCARD\nFN;QUOTED-PRINTABLE:${`=${' '.repeat(9999)}\n`.repeat(100)}`],
      ['empty lines', `BEGIN:VCARD\nFN:A${'\n'.repeat(1_000_000)}END:VCARD`],
      ['folds without text', `BEGIN:VCARD\nFN:A${'\n '.repeat(500_000)}\nEND:VCARD`],
      ['quotes', `BEGIN:VCARD\nFN;X=${'":'.repeat(500_000)}\nEND:VCARD`],
      ['semicolons', `BEGIN:VCARD\nN${';'.repeat(1_000_000)}\nEND:VCARD`],
      ['groups', `BEGIN:VCARD\nFN:A\nCATEGORIES:${'\\,,'.repeat(250_000)}\nEND:VCARD`],
      ['names without values', `BEGIN:VCARD\n${'TEL:\n'.repeat(200_000)}END:VCARD`],
      ['lines without end', `BEGIN:VCARD\nFN:A\n${'TEL:1\n'.repeat(100_000)}`],
      ['nested agents', `BEGIN:VCARD\n${'AGENT:\nBEGIN:VCARD\n'.repeat(50_000)}`],
    ];
    for (const [what, book] of hostile) {
      it(`gets through a megabyte of ${what}`, () => {
        assert.isAtMost(readVcards(Buffer.from(book)).length, 1);
      });
    }

    it('reports each of a hundred thousand cards that begin inside one another', () => {
      const results = readVcards(Buffer.from('BEGIN:VCARD\n'.repeat(100_000)));
      assert.lengthOf(results, 100_000);
      assert.deepEqual(results.at(-1), { index: 99_999, line: 100_000, reason: 'The card has no END:VCARD line.' });
    });
  });

  describe('arbitrary input', () => {
    it('never throws, and numbers its results from 0', () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), holds), { numRuns: 2000 });
    });

    it('never throws on lines of vCard in any order', () => {
      const line = fc.constantFrom(
        ...[
          'BEGIN:VCARD',
          'END:VCARD',
          'AGENT:',
          'VERSION:2.1',
          'VERSION:3.0',
          'FN:A',
          'N:B;C',
          'TEL:1',
          '',
          ' ',
          '\t',
        ],
        ...[
          'FN;QUOTED-PRINTABLE:=',
          '=C3=',
          'FN;ENCODING=b:////',
          'N;CHARSET=gbk:\u00ff',
          'TEL;CHARSET=,:1',
          ':',
          ';',
          '.',
        ],
        ...[
          'CATEGORIES:\\',
          'UID;X=":1',
          'FN;CHARSET=utf-16:A',
          'FN;CHARSET=utf-7:A',
          'PHOTO;ENCODING=b:AAAA',
          'item1.:1',
        ],
      );
      const book = fc.tuple(fc.array(line, { maxLength: 40 }), fc.constantFrom('\n', '\r\n', '\r'));
      fc.assert(
        fc.property(book, ([lines, end]) => holds(Buffer.from(lines.join(end), 'latin1'))),
        { numRuns: 5000 },
      );
    });
  });
});

function holds(bytes: Uint8Array): void {
  const results = readVcards(bytes);
  for (const [at, result] of results.entries()) {
    assert.equal(result.index, at);
    if ('reason' in result) assert.match(result.reason, /^The card has no [A-Za-z: ]+\.$/);
    else if ('contact' in result) assert.isNotEmpty(result.contact.name);
  }
  const middle = bytes.length >> 1;
  assert.deepEqual(readInPieces([bytes.subarray(0, middle), bytes.subarray(middle)]), results);
}

function readInPieces(pieces: Uint8Array[]): VcardResult[] {
  const reader = createVcardReader();
  return [...pieces.flatMap((piece) => reader.push(piece)), ...reader.end()];
}

function atIndex(expected: Expected, index: number): VcardResult {
  if ('reason' in expected || 'group' in expected) return { index, ...expected };
  const { remark, ...contact } = expected;
  return { index, contact, ...(remark && { remark }) };
}

function onlyContact(lines: string): VcardContact {
  return onlyResult(`BEGIN:VCARD\nVERSION:3.0\n${lines}\nEND:VCARD\n`);
}

function onlyName(lines: readonly number[]): string {
  const card = [...Buffer.from('BEGIN:VCARD\n'), ...lines, ...Buffer.from('\nEND:VCARD\n')];
  const [result] = readVcards(Uint8Array.from(card));
  if (result === undefined || !('contact' in result)) throw new Error('the card was rejected');
  return result.contact.name;
}

function onlyResult(book: string): VcardContact {
  const results = readVcards(Buffer.from(book));
  assert.lengthOf(results, 1);
  const [result] = results;
  if (result === undefined || !('contact' in result)) throw new Error('the card was rejected');
  return result.contact;
}

/** Names that are trimmed already and hold no line break but `\n`. */
function names(): fc.Arbitrary<string> {
  return fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
    .map((text) => text.replace(/[\r\n\v\f\u0085\u2028\u2029]/g, '\n').trim())
    .filter((text) => /[^\s;,]/.test(text));
}

function numbers(): fc.Arbitrary<string[]> {
  return fc.uniqueArray(fc.stringMatching(/^\+?[0-9][0-9 -]{3,12}[0-9]$/), { maxLength: 5 });
}

function escapeText(text: string): string {
  return text.replace(/[\\;,]/g, '\\$&').replaceAll('\n', '\\n');
}

/** Folds at a width in bytes, so also inside characters (RFC 6350 3.2). */
function fold(line: string, width: number): Buffer {
  const bytes = Buffer.from(line);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += width) {
    parts.push(Buffer.from(at === 0 ? '' : '\r\n '), bytes.subarray(at, at + width));
  }
  return Buffer.concat([...parts, Buffer.from('\r\n')]);
}
