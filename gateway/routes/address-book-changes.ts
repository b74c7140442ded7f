import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { LARGEST_UPLOAD } from '../../domain/book/address-book.ts';
import { Fault } from '../../domain/fault.ts';
import { reconcileSoon } from '../../service/book/reconciling.ts';
import { subscriberOf } from '../access/auth.ts';
import { answerBook } from '../books/book-answer.ts';
import { acceptBookChanges, type BookChangesUpload } from '../books/book-changes-body.ts';
import { readBook } from '../books/book-reader.ts';
import type { Context } from '../context.ts';
import { expectedVersion } from '../http/conditions.ts';
import { validatorOf } from '../http/schema-check.ts';
import { BookAccepted, BookChanges } from '../schemas/address-book.ts';
import { problems, SubscriberParams } from '../schemas/common.ts';

/** Single contacts of a subscriber's address book. */
export function addressBookChangesRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores, now } = context;
  return async (app) => {
    acceptBookChanges(app as unknown as FastifyInstance);
    app.patch(
      '/subscribers/:subscriberId/address-book',
      {
        config: {
          access: { scope: 'address-books:write', self: true },
          upload: true,
          compares: true,
          answersTag: true,
        },
        bodyLimit: LARGEST_UPLOAD,
        // As for the whole book: each contact is checked by itself as it comes.
        validatorCompiler: (part) => (part.httpPart === 'body' ? () => true : validatorOf(part)),
        schema: {
          tags: ['address book'],
          operationId: 'changeAddressBook',
          summary: 'Put in and remove single contacts',
          description:
            'Contacts are known by their uid. With If-Match a book that somebody else has changed meanwhile is left as it is: 412. A book whose upload was cut off half-way is to be uploaded again with PUT: 409.',
          params: SubscriberParams,
          body: BookChanges,
          response: { 202: BookAccepted, ...problems },
        },
      },
      async (request, reply) => {
        const subscriber = await subscriberOf(request, stores);
        const version = await expectedVersion(request, () => stores.addressBooks.info(subscriber.id));
        const body = request.body as unknown as BookChangesUpload | undefined;
        if (body === undefined)
          throw new Fault('INVALID_ARGUMENT', 'Send the changes, with Content-Type: application/json.');
        const { book, rejected } = await readBook(context, body.entries, subscriber.phoneNumber, request.holding, {
          twins: 'refuse',
        });
        const remove = [...body.remove];
        if (remove.some((uid) => book.has(uid)))
          throw new Fault('INVALID_ARGUMENT', 'A uid stands in both upsert and remove; decide for one.');
        const info = await stores.addressBooks.change(subscriber.id, book, remove, version, now());
        await reconcileSoon(context, subscriber.id);
        return answerBook(context, request, reply, { id: subscriber.id, book, info, rejected });
      },
    );
  };
}
