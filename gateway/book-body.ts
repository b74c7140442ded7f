import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { createCsvReader } from '../domain/csv.ts';
import { createVcardReader } from '../domain/vcard.ts';
import { arriving, upToLimit } from './body-stream.ts';
import type { FileReader } from './book-reader.ts';

/** A body that is read as it arrives. */
export type BookFile = { bytes: AsyncIterable<Buffer>; reader: FileReader };

const READERS: Record<string, () => FileReader> = {
  'text/vcard': createVcardReader,
  'text/x-vcard': createVcardReader,
  'text/directory': createVcardReader,
  'text/csv': createCsvReader,
  'text/comma-separated-values': createCsvReader,
  'text/tab-separated-values': createCsvReader,
};

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
