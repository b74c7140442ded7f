/** Bytes of a message's first line and headers, and of what follows them, that are read at most. */
const MOST_HEADERS = 16_384;
const MOST_BODY = 65_536;

const END_OF_HEADERS = '\r\n\r\n';

/** What came is no SIP, or too large: nothing more can be read of that connection. */
export class NoSip extends Error {
  override readonly name = 'NoSip';
}

/**
 * Cuts what comes over TCP or TLS into messages, each with its headers and body (RFC 3261, section 18.3). Line ends between them
 * keep a connection open (RFC 5626, section 3.5.1). A byte is a character of what is found: nobody reads more than the headers.
 * @throws NoSip
 */
export function createFraming(found: (message: string) => void): (chunk: Buffer) => void {
  let rest = '';
  return (chunk) => {
    rest += chunk.toString('latin1');
    for (;;) {
      rest = rest.replace(/^(?:\r\n)+/, '');
      const headersEnd = rest.indexOf(END_OF_HEADERS);
      if (headersEnd > MOST_HEADERS || (headersEnd < 0 && rest.length > MOST_HEADERS))
        throw new NoSip('the headers are too long');
      if (headersEnd < 0) return;
      const bodyAt = headersEnd + END_OF_HEADERS.length;
      const length = lengthIn(rest.slice(0, headersEnd));
      if (rest.length < bodyAt + length) return;
      found(rest.slice(0, bodyAt + length));
      rest = rest.slice(bodyAt + length);
    }
  };
}

/** `l` is the short form of the name. Over a stream the length has to be there; 0 where it is not. */
function lengthIn(headers: string): number {
  if (!/^(?:SIP\/2\.0 \d{3}\b|[A-Z]+ \S+ SIP\/2\.0$)/m.test(headers.split('\r\n', 1)[0] ?? ''))
    throw new NoSip('the first line is none of SIP');
  const [, text = '0'] = /^(?:content-length|l)[ \t]*:[ \t]*(\d+)[ \t]*$/im.exec(headers) ?? [];
  const length = Number(text);
  if (length > MOST_BODY) throw new NoSip('the body is too long');
  return length;
}
