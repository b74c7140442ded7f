import { type Contact, namelessUid } from '../../domain/book/address-book.ts';
import { PHONE_BOOK } from '../../domain/book/source.ts';
import { Fault } from '../../domain/fault.ts';
import { lookupForms } from '../../domain/phone.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import type { ServiceContext } from '../context.ts';
import { reconcileSoon } from './reconciling.ts';

/**
 * Keeps the numbers (E.164) that a subscriber's phone has sent as a book of its own beside the others, without names (decision 81). Under
 * `mutual` both ends of a pair have to hold each other somewhere.
 * @throws Fault NOT_FOUND (the subscriber is gone), CONFLICT (it has too many books), PAYLOAD_TOO_LARGE
 */
export async function keepPhoneBook(context: ServiceContext, id: string, numbers: readonly string[]): Promise<void> {
  const { stores, numberKeys, now } = context;
  const fence = await stores.sources.receive(id, PHONE_BOOK, now());
  if (fence === 'gone') throw new Fault('NOT_FOUND', 'There is no such subscriber.');
  if (fence === 'full') throw new Fault('CONFLICT', 'There are too many address books already; remove one first.');
  const book = new Map<string, Contact>();
  await eachInTurns(numbers, (number) => {
    const keys = lookupForms(number).map((form) => numberKeys.of(form)[0] as string);
    book.set(namelessUid(keys.join()), { name: '', groups: [], numberKeys: keys });
  });
  try {
    await stores.addressBooks.replaceSource(id, fence, book, now());
  } catch (err) {
    // Another of its phones is just sending its own, which is newer.
    if (!(err instanceof Fault && err.code === 'FAILED_PRECONDITION')) throw err;
  }
  await reconcileSoon(context, id);
}
