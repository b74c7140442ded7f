import type { Book, Contact } from '../../domain/book/address-book.ts';
import { createNumberKey } from '../../runtime/secret/number-key.ts';
import type { SourceReading } from '../../store/source/sources.ts';
import type { Stores } from '../../store/stores.ts';
import { addSubscriber } from './subscribers.ts';

/** The time of everything, where the clock stands still. */
export const NOW = 1_800_000_000_000;

/** The key of a number, which may be called anything. */
export const keyOf = createNumberKey(Buffer.alloc(32, 1));

/** A network address book of Alice's. */
export const SOURCE = { name: 's', url: 'https://dav.example/', credentials: 'sealed' };

/** Alice, whose books they are. */
export async function joinAlice(stores: Stores): Promise<void> {
  const alice = { phoneNumber: '+8613800138000', numberKey: keyOf('own'), jid: 'a@op.example', displayName: 'Alice' };
  await addSubscriber(stores, { id: 'alice', ...alice }, NOW);
}

/** A contact as it is kept, with these numbers. */
export function contactOf(name: string, ...numbers: string[]): Contact {
  return { name, groups: [], numberKeys: numbers.map(keyOf) };
}

/** So many contacts of one number each: uid `u<number>`, called `Contact <number>`, numbered from `first`. */
export function bookOf(size: number, first = 0): Book {
  const numbers = Array.from({ length: size }, (_, i) => first + i);
  return new Map(numbers.map((number) => [`u${number}`, contactOf(`Contact ${number}`, `${number}`)]));
}

/** A read of `SOURCE` begins; it is linked. */
export async function beginReading(stores: Stores): Promise<SourceReading> {
  return (await stores.sources.begin('alice', SOURCE.name)) as SourceReading;
}

/** A read of `SOURCE` in full, which finds this book. */
export async function readWhole(stores: Stores, book: Book, state = { syncToken: 't1', etags: '' }): Promise<void> {
  const reading = await beginReading(stores);
  await stores.addressBooks.replaceSource('alice', reading.fence, book, NOW);
  const found = { collection: 'c', ...state, whole: true, cards: [], reasons: new Map() };
  await stores.sources.succeed('alice', reading, found, NOW, NOW + 9);
}
