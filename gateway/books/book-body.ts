import type { FastifyInstance } from 'fastify';
import type { Entry } from '../../domain/book/book-reader.ts';
import { type ColumnReport, type CsvResult, createCsvReader } from '../../domain/csv.ts';
import { Fault } from '../../domain/fault.ts';
import { createJsonListReader } from '../../domain/json/lists.ts';
import { createVcardReader, type VcardResult } from '../../domain/vcard.ts';
import { bytesOf } from '../body/body-stream.ts';
import { CONTACT_LIMITS, toEntry } from './json-contacts.ts';

/**
 * A book as it comes in. Known when it has ended: `saysEmpty`, whether it says itself that it has no contact, and `columns`, what became of those of a
 * CSV file.
 */
export type BookUpload = {
  entries: AsyncIterable<Entry>;
  saysEmpty: () => boolean;
  columns: () => ColumnReport | undefined;
};

/** What vCards and CSV are read with, piece by piece. */
type FileReader = {
  push(chunk: Uint8Array): FileResult[];
  end(): FileResult[];
  columns?(): ColumnReport | undefined;
};
type FileResult = VcardResult | CsvResult;

const FILE_READERS: Record<string, () => FileReader> = {
  'text/vcard': createCardReader,
  'text/x-vcard': createCardReader,
  'text/directory': createCardReader,
  'text/csv': createCsvReader,
  'text/comma-separated-values': createCsvReader,
  'text/tab-separated-values': createCsvReader,
};

/** Media types of files in which a book may come. */
export const FILE_TYPES = Object.keys(FILE_READERS);

/** Lets the routes of `app` take whole address books, read as they arrive. */
export function acceptBooks(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', (request, payload, done) =>
    done(null, readJsonBook(bytesOf(request, payload))),
  );
  for (const [type, createReader] of Object.entries(FILE_READERS))
    app.addContentTypeParser(type, (request, payload, done) =>
      done(null, readFile(bytesOf(request, payload), createReader())),
    );
}

/** `{"contacts": [...]}`; what else stands beside the list is passed over. */
function readJsonBook(bytes: AsyncIterable<Buffer>): BookUpload {
  const reader = createJsonListReader(['contacts'], CONTACT_LIMITS);
  let count = 0;
  async function* entries(): AsyncGenerator<Entry> {
    for await (const piece of bytes)
      for (const part of reader.push(piece)) {
        if (!('list' in part)) continue;
        count += 1;
        yield toEntry(part);
      }
    reader.end();
    if (!reader.begun.has('contacts'))
      throw new Fault('INVALID_ARGUMENT', 'The body must be {"contacts": [...]}, or a file of another Content-Type.');
  }
  return { entries: entries(), saysEmpty: () => count === 0, columns: () => undefined };
}

function readFile(bytes: AsyncIterable<Buffer>, reader: FileReader): BookUpload {
  async function* entries(): AsyncGenerator<Entry> {
    for await (const piece of bytes) yield* reader.push(piece).map(fromFile);
    yield* reader.end().map(fromFile);
  }
  return { entries: entries(), saysEmpty: () => false, columns: () => reader.columns?.() };
}

function fromFile(result: FileResult): Entry {
  if ('reason' in result) return { index: result.index, reason: `Line ${result.line}: ${result.reason}` };
  return result;
}

/** A reader of vCards that refuses what holds none: a page, or a gzip that does not say so. */
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
