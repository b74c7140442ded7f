import type { FastifyInstance } from 'fastify';
import { LARGEST_BOOK } from '../../domain/book/address-book.ts';
import type { Entry } from '../../domain/book/book-reader.ts';
import { Fault } from '../../domain/fault.ts';
import { createJsonListReader, type JsonPart } from '../../domain/json/lists.ts';
import { cleanText } from '../../domain/text.ts';
import { bytesOf } from '../body/body-stream.ts';
import { CONTACT_LIMITS, toEntry } from './json-contacts.ts';

/** Changes of single contacts as they come in. `remove`: the uids to remove, complete when `entries` has ended. */
export type BookChangesUpload = { entries: AsyncIterable<Entry>; remove: ReadonlySet<string> };

const LONGEST_SENT_UID = 1024;

/** Lets the routes of `app` take `{"upsert": [contact, ...], "remove": [uid, ...]}`, one of the lists or both, read as they arrive. */
export function acceptBookChanges(app: FastifyInstance): void {
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', (request, payload, done) =>
    done(null, readChanges(bytesOf(request, payload))),
  );
}

function readChanges(bytes: AsyncIterable<Buffer>): BookChangesUpload {
  const reader = createJsonListReader(['upsert', 'remove'], CONTACT_LIMITS);
  const remove = new Set<string>();
  async function* entries(): AsyncGenerator<Entry> {
    for await (const piece of bytes)
      for (const part of reader.push(piece)) {
        if ('field' in part) throw notChanges();
        if (part.list === 'upsert') yield requireUid(toEntry(part));
        else remove.add(toUid(part));
      }
    reader.end();
    if (reader.begun.size === 0) throw notChanges();
  }
  return { entries: entries(), remove };
}

function requireUid(entry: Entry): Entry {
  if (!('contact' in entry) || entry.contact.uid !== undefined) return entry;
  return { index: entry.index, reason: 'The contact has no uid, by which alone a single contact can be changed.' };
}

function toUid(part: Extract<JsonPart, { list: string }>): string {
  if (part.index >= LARGEST_BOOK) throw notChanges();
  if ('excess' in part || typeof part.value !== 'string' || part.value.length > LONGEST_SENT_UID) throw notChanges();
  return cleanText(part.value);
}

function notChanges(): Fault {
  return new Fault(
    'INVALID_ARGUMENT',
    `The body must be {"upsert": [contact, ...], "remove": [uid, ...]}, one of them or both, of at most ${LARGEST_BOOK} uids.`,
  );
}
