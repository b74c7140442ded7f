import fc from 'fast-check';

/** What has broken programs before: XML, JSON, Lua, SQL and path metacharacters, controls, bidi, surrogates, huge numbers. */
const PIECES = [
  ...['', ' ', '\u0000', '\u0007', '\u001b[2J', '\u007f', '\u0085', '\u2028', '\ufeff', '\ufffe', '\uffff', '\ufdd0'],
  ...[
    '\ud800',
    '\udc00',
    '\u{1fffe}',
    '\u202e',
    '\u2066',
    '\u200d',
    '👩‍👩‍👧‍👦',
    'e\u0301',
    '\u0958',
    'ﷺ',
    '🎵',
    '＋８６１３８',
  ],
  ...['<', '&', ']]>', '&#0;', '&lol;', '</stream:stream>', '<!DOCTYPE a>', '<![CDATA[', "'", '"', '\\', '\r\n', '\t'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '../../etc/passwd',
    '%00',
    '%',
    '%zz',
    '{{7*7}}',
    '{',
    '}',
  ],
  ...['NaN', '-0', '1e999', '9007199254740993', '-1', '0x10', 'null', 'true', '[]', '{}', 'me', 'op.example', '*', '+'],
  ...[
    '+8613800138000',
    '13800138000',
    'tel:+1;phone-context=+44',
    '2026-01-01T00:00:00Z',
    '9999-99-99',
    'http://[::1]/',
  ],
];

/** Text as nobody should send it, up to some thousand characters. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 4, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 12 }).map((pieces) => pieces.join('')) },
  { weight: 2, arbitrary: fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 }).map(fromUnits) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...PIECES), fc.nat(3_000)).map(([piece, n]) => piece.repeat(n)) },
);

/** Any UTF-16 at all, lone surrogates too. */
function fromUnits(units: readonly number[]): string {
  return String.fromCharCode(...units);
}
