import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Book, Rejected } from '../../domain/book/address-book.ts';
import type { ColumnReport } from '../../domain/csv.ts';
import { Fault } from '../../domain/fault.ts';
import type { BookInfo } from '../../store/book/book-writer.ts';
import { writeEntry } from '../access/audit.ts';
import type { Context } from '../context.ts';
import { quoted } from '../http/entity-tags.ts';

/** What was stored, and what of it was not; `columns`: of a CSV file. */
export type Stored = {
  id: string;
  book: Book;
  info: BookInfo;
  rejected: Rejected[];
  columns?: ColumnReport | undefined;
};

/**
 * Answers a book, or contacts of one, that is stored: 202.
 * @throws Fault TOO_MANY_REQUESTS when numbers of it wait for the subscriber's budget; the call has changed something, so it is written down.
 */
export async function answerBook(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, book, info, rejected, columns }: Stored,
): Promise<FastifyReply> {
  const { stores, now } = context;
  const { waiting, retryAfter } = await stores.budget.standing(id, numberKeysIn(book), now());
  reply.header('etag', quoted(`${info.version}`));
  const told = rejected.map(({ index, reason }) => ({ index, detail: reason }));
  if (waiting === 0) return reply.code(202).send({ ...info, rejected: told, ...(columns && { columns }) });
  await writeEntry(context, request, { subject: id, status: 429, code: 'TOO_MANY_REQUESTS' });
  throw new Fault(
    'TOO_MANY_REQUESTS',
    `The contacts are kept. ${waiting} of their numbers wait until this subscriber may look up more, and are then matched by themselves; sending them again changes nothing.`,
    retryAfter,
  );
}

function* numberKeysIn(book: Book): Generator<string> {
  for (const { numberKeys } of book.values()) yield* numberKeys;
}
