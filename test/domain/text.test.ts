import { expect } from 'chai';
import fc from 'fast-check';
import { cleanText, lengthOf, stripForbidden } from '../../domain/text.ts';

/** XML 1.0, section 2.2: Char. */
const XML_TEXT = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

describe('domain/text', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
  );

  it('never lets through what XML cannot carry', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(stripForbidden(text)).to.match(XML_TEXT);
        expect(cleanText(text)).to.match(XML_TEXT);
      }),
      { numRuns: 2_000 },
    );
  });

  it('makes one line without edges, and has nothing left to do the second time', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const clean = cleanText(text);
        expect(clean).to.equal(clean.trim());
        expect(clean).to.not.match(/[\r\n\t\u202a-\u202e\u2066-\u2069]/);
        expect(cleanText(clean)).to.equal(clean);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves ordinary text of any script alone', () => {
    for (const text of ['Björk – Jóga', 'أغنية', '周杰倫 · 稻香', '👩‍👩‍👧 family', 'a & b < c'])
      expect(cleanText(text)).to.equal(text);
  });

  it('leaves nothing of a text without one visible character', () => {
    for (const code of [0x85, 0x200b, 0x2060, 0x3164, 0x2800, 0xad, 0x115f, 0xfe0f, 0xfff9, 0x1d159, 0xe0041]) {
      const blank = String.fromCodePoint(code);
      expect(cleanText(` ${blank}${blank} `), `U+${code.toString(16)}`).to.equal('');
      expect(cleanText(`a${blank}b`), 'between others it may have a meaning').to.not.equal('');
    }
  });

  it('counts code points', () => {
    expect(lengthOf('a🎵b')).to.equal(3);
  });
});
