import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { Value } from 'typebox/value';
import { LARGEST_BOOK, LARGEST_UPLOAD } from '../../domain/address-book.ts';
import type { Entry } from '../../domain/book-reader.ts';
import { Fault } from '../../domain/fault.ts';
import { cleanText } from '../../domain/text.ts';
import { reconcileSoon } from '../../service/reconciling.ts';
import { subscriberOf } from '../auth.ts';
import { answerBook } from '../book-answer.ts';
import { readBook, readJsonContacts } from '../book-reader.ts';
import type { Context } from '../context.ts';
import { acceptGzip } from '../gzip-body.ts';
import { ifMatch } from '../if-match.ts';
import { BookAccepted, BookChanges, RawBookChanges } from '../schemas/address-book.ts';
import { problems, SubscriberParams } from '../schemas/common.ts';

/** Single contacts of a subscriber's address book. */
export function addressBookChangesRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores, now } = context;
  return async (app) => {
    acceptGzip(app as unknown as FastifyInstance);
    app.patch(
      '/subscribers/:subscriberId/address-book',
      {
        config: { access: { scope: 'address-books:write', self: true } },
        bodyLimit: LARGEST_UPLOAD,
        // As for the whole book: each contact is checked by itself.
        validatorCompiler: ({ httpPart }) => (httpPart === 'body' ? checkBody : () => true),
        schema: {
          tags: ['address book'],
          summary: 'Put in and remove single contacts',
          description:
            'Contacts are known by their uid. With If-Match a book that somebody else has changed meanwhile is left as it is: 412.',
          params: SubscriberParams,
          body: BookChanges,
          response: { 202: BookAccepted, ...problems },
        },
      },
      async (request, reply) => {
        const version = ifMatch(request);
        const subscriber = await subscriberOf(request, stores);
        const entries = readJsonContacts(request.body.upsert ?? []).map(requireUid);
        const { book, rejected } = await readBook(context, entries, subscriber.phoneNumber);
        const remove = (request.body.remove ?? []).map(cleanText);
        if (remove.some((uid) => book.has(uid)))
          throw new Fault('INVALID_ARGUMENT', 'A uid stands in both upsert and remove; decide for one.');
        const info = await stores.addressBooks.change(subscriber.id, book, remove, version, now());
        await reconcileSoon(context, subscriber.id);
        return answerBook(context, request, reply, { id: subscriber.id, book, info, rejected });
      },
    );
  };
}

function checkBody(body: unknown): true | { error: Error } {
  if (Value.Check(RawBookChanges, body)) return true;
  return {
    error: new Fault(
      'INVALID_ARGUMENT',
      `The body must be {"upsert": [contact, ...], "remove": [uid, ...]}, one of them or both, of at most ${LARGEST_BOOK} uids.`,
    ),
  };
}

function requireUid(entry: Entry): Entry {
  if ('reason' in entry || entry.contact.uid !== undefined) return entry;
  return { index: entry.index, reason: 'The contact has no uid, by which alone a single contact can be changed.' };
}
