import { toDataUri } from '../../domain/photo.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';

/** The own book, whose source is null, and then those of the sources. */
export async function exportAddressBooks(context: Context, { id }: Subscriber) {
  const books = await booksOf(context, id);
  const infos = await Promise.all(books.map((source) => context.stores.addressBooks.info(id, source)));
  return infos.map((info, i) => ({ book: books[i] ?? null, ...info }));
}

/** Each number of each book with the names it has there, and the friend to whom it led. */
export async function* exportContacts(context: Context, { id }: Subscriber) {
  const { stores } = context;
  const friends = await stores.shownFriends.list(id);
  const friendOf = new Map(friends.map(({ held, id: friend }) => [held, friend]));
  for (const source of await booksOf(context, id))
    for await (const { numberKey, labels } of stores.addressBooks.entriesOf(id, source))
      for (const { name, groups } of labels) {
        const friend = friendOf.get(numberKey);
        yield { book: source ?? null, numberHash: numberKey, name, groups, ...(friend && { friend }) };
      }
}

/** Every photo in the books, with the hashes of its contact's numbers. */
export async function* exportPhotos(context: Context, { id }: Subscriber) {
  for (const source of await booksOf(context, id))
    for await (const { numberKeys, image } of context.stores.photos.all(id, source))
      yield { book: source ?? null, numberHashes: numberKeys, image: toDataUri(image) };
}

async function booksOf({ stores }: Context, id: string): Promise<(string | undefined)[]> {
  return [undefined, ...(await stores.sources.names(id))];
}
