import { LARGEST_BOOK } from '../../domain/address-book.ts';
import { Fault } from '../../domain/fault.ts';
import type { Ask } from './threads.ts';

/** What is to be read of a collection. `whole`: `changed` is all there is. */
export type Listing = { whole: boolean; changed: Set<string>; removed: Set<string>; syncToken: string };

/** What changed since a sync token, or all cards without one or when the server does not know it any more. @throws Fault */
export async function listCards(ask: Ask, collection: string, syncToken: string): Promise<Listing> {
  const since = syncToken === '' ? undefined : await listSince(ask, collection, syncToken);
  const listing = since ?? (await listSince(ask, collection, ''));
  if (!listing)
    throw new Fault('UNAVAILABLE', 'The server takes no sync token, not even none; it is tried again later.');
  return { whole: since === undefined, ...listing };
}

/** Page by page (RFC 6578, section 3.6); undefined when the token is stale. */
async function listSince(ask: Ask, collection: string, from: string): Promise<Omit<Listing, 'whole'> | undefined> {
  const [changed, removed] = [new Set<string>(), new Set<string>()];
  let syncToken = from;
  for (;;) {
    const page = await ask('changes', collection, syncToken);
    if (page === 'stale') return undefined;
    for (const path of page.removed) move(path, removed, changed);
    for (const path of page.changed) move(path, changed, removed);
    if (changed.size > LARGEST_BOOK || removed.size > 10 * LARGEST_BOOK) throw tooMany();
    const stuck = page.syncToken === syncToken;
    syncToken = page.syncToken;
    if (!page.more || stuck) return { changed, removed, syncToken };
  }
}

function move(path: string, to: Set<string>, from: Set<string>): void {
  to.add(path);
  from.delete(path);
}

function tooMany(): Fault {
  return new Fault('PAYLOAD_TOO_LARGE', `The address book has more than ${LARGEST_BOOK} cards; link a smaller one.`);
}
