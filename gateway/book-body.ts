import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { createCsvReader } from '../domain/csv.ts';
import { Fault } from '../domain/fault.ts';
import { createVcardReader } from '../domain/vcard.ts';
import { arriving, upToLimit } from './body-stream.ts';
import type { FileReader } from './book-reader.ts';

/** A body that is read as it arrives. */
export type BookFile = { bytes: AsyncIterable<Buffer>; reader: FileReader };

const READERS: Record<string, () => FileReader> = {
  'text/vcard': createCardReader,
  'text/x-vcard': createCardReader,
  'text/directory': createCardReader,
  'text/csv': createCsvReader,
  'text/comma-separated-values': createCsvReader,
  'text/tab-separated-values': createCsvReader,
};

/** A reader of vCards that refuses what holds none: a page, or a gzip that does not say so, must not empty the book. */
function createCardReader(): FileReader {
  const reader = createVcardReader();
  let empty = true;
  let found = false;
  return {
    push(chunk) {
      const results = reader.push(chunk);
      empty &&= chunk.length === 0;
      found ||= results.length > 0;
      return results;
    },
    end() {
      const results = reader.end();
      if (empty || found || results.length > 0) return results;
      throw new Fault('INVALID_ARGUMENT', 'The file holds no vCard; check Content-Type and Content-Encoding.');
    },
  };
}

/** Lets the routes of `app` take address books as files. */
export function acceptBookFiles(app: FastifyInstance): void {
  for (const [type, createReader] of Object.entries(READERS))
    app.addContentTypeParser(type, (request, payload: IncomingMessage, done) => {
      const bytes = payload === request.raw ? upToLimit(arriving(payload)) : payload;
      done(null, { bytes, reader: createReader() } satisfies BookFile);
    });
}

/** Whether the body is a file; JSON cannot look like one, as it holds no functions. */
export function isBookFile(body: unknown): body is BookFile {
  return typeof (body as Partial<BookFile> | null)?.reader?.push === 'function';
}
