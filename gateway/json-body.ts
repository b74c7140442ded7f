import type { FastifyInstance } from 'fastify';
import { LARGEST_BOOK } from '../domain/address-book.ts';
import { Fault } from '../domain/fault.ts';

/** Objects and lists in one body: a contact has three, and nothing that is sent has more than the largest book. */
const MOST_PARTS = 10 * LARGEST_BOOK;

/** JSON bodies, and no others; a client that announces JSON and then sends none has sent none. Prototype keys are refused. */
export function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  // The framework takes text/plain as well, which is what `fetch` says of a string.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else if (hasTooManyParts(body as string)) done(tooManyParts(), undefined);
    else parse(request, body as string, done);
  });
}

/** Whether a parser would make more objects and lists of the text than it is worth: each byte of `[[[[…` costs it a hundred. */
function hasTooManyParts(text: string): boolean {
  if (text.length <= MOST_PARTS) return false;
  let parts = 0;
  let inString = false;
  for (let at = 0; at < text.length && parts <= MOST_PARTS; at += 1) {
    const char = text.charCodeAt(at);
    if (inString && char === 0x5c) at += 1;
    else if (char === 0x22) inString = !inString;
    else if (!inString && (char === 0x5b || char === 0x7b)) parts += 1;
  }
  return parts > MOST_PARTS;
}

function tooManyParts(): Fault {
  return new Fault(
    'PAYLOAD_TOO_LARGE',
    `The body holds more than ${MOST_PARTS} objects and lists; send less at a time.`,
  );
}
