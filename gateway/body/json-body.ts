import type { FastifyInstance } from 'fastify';
import { Fault } from '../../domain/fault.ts';

/** Values in one body, and lists and objects within one another: a thousand blocked people have two thousand. Larger ones are read in pieces. */
const MOST_VALUES = 5_000;
const DEEPEST = 32;

/** JSON bodies of these types, and no others; a client that announces JSON and then sends none has sent none. Prototype keys are refused. */
export function acceptJson(app: FastifyInstance, types: string[] = ['application/json']): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  // The framework takes text/plain as well, which is what `fetch` says of a string.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(types, { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else if (isTooMuch(body as string)) done(tooMuch(), undefined);
    else parse(request, body as string, done);
  });
}

/** Whether a parser, and then a schema, would make more of the text than it is worth: each byte of `[[[[…` costs them a hundred. */
function isTooMuch(text: string): boolean {
  let values = 0;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length && values <= MOST_VALUES && depth <= DEEPEST; at += 1) {
    const char = text[at];
    if (inString && char === '\\') at += 1;
    else if (char === '"') inString = !inString;
    else if (inString) continue;
    else if (char === '[' || char === '{') depth += 1;
    else if (char === ']' || char === '}') depth -= 1;
    else if (char === ',') values += 1;
  }
  return values > MOST_VALUES || depth > DEEPEST;
}

function tooMuch(): Fault {
  return new Fault(
    'PAYLOAD_TOO_LARGE',
    `The body holds more than ${MOST_VALUES} values, or lists and objects more than ${DEEPEST} deep; this call takes no such.`,
  );
}
