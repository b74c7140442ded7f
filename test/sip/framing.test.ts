import { expect } from 'chai';
import fc from 'fast-check';
import '../support/properties.ts';
import { createFraming, NoSip } from '../../sip/framing.ts';

const ANSWER = 'SIP/2.0 200 OK\r\nCSeq: 1 PUBLISH\r\nContent-Length: 4\r\n\r\n♪!';
const REQUEST = 'OPTIONS sip:a@b SIP/2.0\r\nl: 0\r\n\r\n';

describe('sip/framing', () => {
  it('finds every message, however what comes is cut', () => {
    const bytes = Buffer.from(`\r\n\r\n${ANSWER}${REQUEST}\r\n\r\n${ANSWER}`);
    const sent = [ANSWER, REQUEST, ANSWER].map((text) => Buffer.from(text).toString('latin1'));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
        const found: string[] = [];
        const read = createFraming((message) => found.push(message));
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        for (const [i, end] of places.entries()) if (i > 0) read(bytes.subarray(places[i - 1], end));
        expect(found).to.deep.equal(sent);
      }),
    );
  });

  it('reads nothing that is no SIP, or has no end', () => {
    const refused = [
      'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n',
      'SIP/2.0 200 OK\r\nContent-Length: 65537\r\n\r\n',
      `SIP/2.0 200 OK\r\nX: ${'x'.repeat(20_000)}`,
      `SIP/2.0 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      '\u0000'.repeat(20_000),
    ];
    for (const text of refused) {
      const read = createFraming(() => {});
      expect(() => read(Buffer.from(text, 'latin1')), text.slice(0, 30)).to.throw(NoSip);
    }
  });
});
