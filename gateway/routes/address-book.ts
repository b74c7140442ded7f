import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LARGEST_UPLOAD, type Rejected } from '../../domain/book/address-book.ts';
import { Fault } from '../../domain/fault.ts';
import { reconcileSoon } from '../../service/book/reconciling.ts';
import { queueOf } from '../../store/due/makes-due.ts';
import { rangesOf, subscriberOf } from '../access/auth.ts';
import { answerBook } from '../books/book-answer.ts';
import { acceptBooks, type BookUpload, FILE_TYPES } from '../books/book-body.ts';
import { readBook } from '../books/book-reader.ts';
import type { Context } from '../context.ts';
import { expectedVersion } from '../http/conditions.ts';
import { quoted, tagWithVersion } from '../http/entity-tags.ts';
import { validatorOf } from '../http/schema-check.ts';
import { BookAccepted, BookBody, BookView } from '../schemas/address-book.ts';
import { Empty, problems, SubscriberParams } from '../schemas/common.ts';

const PATH = '/subscribers/:subscriberId/address-book';
const FILES = Object.fromEntries(FILE_TYPES.map((type) => [type, { schema: { type: 'string' } }]));
const tags = ['address book'];
/**
 * Milliseconds after a change for which the state is `reconciling`, ready or not: a number that belongs to somebody takes some
 * milliseconds more, which must not show.
 */
const PACE = 500;

/** A subscriber's address book. */
export function addressBookRoutes(context: Context): FastifyPluginAsyncTypebox {
  const { stores, now } = context;

  /**
   * Whether something has still to be done about this book, and for who is in charge of all subscribers about the subscriber. The
   * subscriber itself, and a carrier that reaches some numbers alone, would see by the latter whether a number that it blocks
   * has an owner, without its budget, and that somebody has just blocked it (decision 260).
   */
  async function isUnfinished(request: FastifyRequest, id: string): Promise<boolean> {
    const isInCharge = request.caller?.kind !== 'subscriber' && rangesOf(request).ranges.length === 0;
    return isInCharge ? stores.due.isMarked(queueOf('book'), id) : stores.addressBooks.isDirty(id);
  }

  return async (app) => {
    acceptBooks(app as unknown as FastifyInstance);

    app.put(
      PATH,
      {
        config: {
          access: { scope: 'address-books:write', self: true },
          upload: true,
          compares: true,
          answersTag: true,
        },
        bodyLimit: LARGEST_UPLOAD,
        // The schema is for the reader of the document; each contact is checked by itself as it comes, so that a bad one is listed and the others are kept.
        validatorCompiler: (part) => (part.httpPart === 'body' ? () => true : validatorOf(part)),
        schema: {
          tags,
          operationId: 'replaceAddressBook',
          summary: 'Replace the whole address book',
          description:
            'JSON, or a file of vCards or CSV; also with Content-Encoding: gzip. Accepted means stored: friendships follow in the background. Numbers over the subscriber’s budget wait: 429, and the book is stored all the same. A body without any contact that can be kept leaves the book as it is: 400; to empty it send DELETE, or an empty list of contacts. With If-Match a book that somebody else has changed meanwhile is left as it is: 412.',
          params: SubscriberParams,
          body: { content: { 'application/json': { schema: BookBody }, ...FILES } },
          response: { 202: BookAccepted, ...problems },
        },
      },
      async (request, reply) => {
        const subscriber = await subscriberOf(request, stores);
        const ifVersion = await expectedVersion(request, () => stores.addressBooks.info(subscriber.id));
        const { entries, saysEmpty, columns } = requireBook(request.body);
        const photos = stores.photos.upload(subscriber.id);
        try {
          const { book, rejected } = await readBook(context, entries, subscriber.phoneNumber, request.holding, {
            takePhoto: photos.add,
          });
          const ifEmptied = saysEmpty() ? undefined : nothingToKeep(rejected);
          const info = await stores.addressBooks.replace(subscriber.id, book, now(), { ifVersion, ifEmptied });
          await photos.commit();
          await reconcileSoon(context, subscriber.id);
          return await answerBook(context, request, reply, {
            id: subscriber.id,
            book,
            info,
            rejected,
            columns: columns(),
          });
        } finally {
          await photos.discard();
        }
      },
    );

    app.get(
      PATH,
      {
        config: { access: { scope: 'address-books:read', self: true } },
        schema: {
          tags,
          operationId: 'getAddressBook',
          summary: 'What is kept, and whether friendships are up to date with it',
          params: SubscriberParams,
          response: { 200: BookView, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const [{ version, contacts }, friends, { waiting, changedAt }, ...unfinished] = await Promise.all([
          stores.addressBooks.info(id),
          stores.friends.list(id),
          stores.budget.info(id),
          isUnfinished(request, id),
          stores.due.isMarked(queueOf('befriended'), id),
          stores.addressBooks.isHalfWritten(id),
        ]);
        const matched = friends.filter((friend) => friend.held).length;
        const justChanged = changedAt !== undefined && Math.abs(now() - changedAt) < PACE;
        const reconciling = unfinished.includes(true) || justChanged;
        const state = reconciling ? ('reconciling' as const) : ('current' as const);
        const view = { version, contacts, matched, waiting, state };
        return reply.header('etag', quoted(tagWithVersion(version, view))).send(view);
      },
    );

    app.delete(
      PATH,
      {
        config: { access: { scope: 'address-books:write', self: true }, compares: true },
        schema: {
          tags,
          operationId: 'deleteAddressBook',
          summary: 'Delete the address book; the friendships that it made end',
          params: SubscriberParams,
          response: { 204: Empty, ...problems },
        },
      },
      async (request, reply) => {
        const { id } = await subscriberOf(request, stores);
        const ifVersion = await expectedVersion(request, () => stores.addressBooks.info(id));
        await stores.addressBooks.drop(id, now(), ifVersion);
        await stores.photos.drop(id);
        await reconcileSoon(context, id);
        return reply.code(204).send(null);
      },
    );
  };
}

function requireBook(body: unknown): BookUpload {
  if (body === undefined)
    throw new Fault('INVALID_ARGUMENT', 'Send the book with its Content-Type; to empty it send DELETE.');
  return body as BookUpload;
}

/** For a body that would empty the book without saying so. */
function nothingToKeep([first]: readonly Rejected[]): Fault {
  const why = first ? ` The first of its contacts: ${first.reason}` : '';
  return new Fault(
    'INVALID_ARGUMENT',
    `The body holds no contact that can be kept, so the book stays as it was.${why} To empty the book send DELETE, or {"contacts": []}.`,
  );
}
