import { LARGEST_BOOK } from '../../domain/book/address-book.ts';
import { Fault } from '../../domain/fault.ts';
import { eachInTurns } from '../../runtime/turns.ts';
import { uidOfPath } from './cards.ts';
import { markOf, packEtags, unpackEtags } from './etag-list.ts';
import type { Ask } from './reader.ts';

/**
 * What is known of a collection: the server's token for its state, or the ETags of its cards; both
 * empty before the first read.
 */
export type CollectionState = { syncToken: string; etags: string };

/**
 * What is to be read of a collection: paths of cards, and uids of those that are gone. `whole`:
 * `changed` is all there is.
 */
export type Listing = { whole: boolean; changed: Set<string>; removed: Set<string>; state: CollectionState };

/**
 * What changed since a state, or all cards without one or when the server does not know it any
 * more. A server that does not tell what changed (sync-collection, RFC 6578) lists its cards, and
 * those are read whose ETags are others. @throws Fault
 */
export async function listCards(ask: Ask, collection: string, state: CollectionState): Promise<Listing> {
  if (state.etags !== '') return listByEtags(ask, collection, state.etags);
  const since = state.syncToken === '' ? 'stale' : await listSince(ask, collection, state.syncToken);
  if (typeof since === 'object') return { whole: false, ...since };
  const all = since === 'stale' ? await listSince(ask, collection, '') : since;
  if (all === 'unsupported') return listByEtags(ask, collection, '');
  if (all === 'stale')
    throw new Fault('UNAVAILABLE', 'The server takes no sync token, not even none; it is tried again later.');
  return { whole: true, ...all };
}

/** Page by page (RFC 6578, section 3.6). */
async function listSince(
  ask: Ask,
  collection: string,
  from: string,
): Promise<Omit<Listing, 'whole'> | 'stale' | 'unsupported'> {
  const [changed, removed] = [new Set<string>(), new Set<string>()];
  let syncToken = from;
  for (;;) {
    const page = await ask('changes', collection, syncToken);
    if (typeof page === 'string') return page;
    for (const path of page.removed) move(path, removed, changed);
    for (const path of page.changed) move(path, changed, removed);
    if (changed.size > LARGEST_BOOK || removed.size > 10 * LARGEST_BOOK) throw tooMany();
    const stuck = page.syncToken === syncToken;
    syncToken = page.syncToken;
    if (!page.more || stuck) return { changed, removed: await uidsOf(removed), state: { syncToken, etags: '' } };
  }
}

async function listByEtags(ask: Ask, collection: string, packed: string): Promise<Listing> {
  const cards = await ask('listing', collection);
  if (cards.length > LARGEST_BOOK) throw tooMany();
  const known = unpackEtags(packed);
  const marks = new Map<string, string>();
  const changed = new Set<string>();
  await eachInTurns(cards, ({ path, etag }) => {
    const [uid, mark] = [uidOfPath(path), markOf(etag)];
    marks.set(uid, mark);
    // What has no ETag can be another card each time.
    if (etag === '' || known.get(uid) !== mark) changed.add(path);
  });
  const removed = new Set([...known.keys()].filter((uid) => !marks.has(uid)));
  return { whole: packed === '', changed, removed, state: { syncToken: '', etags: packEtags(marks) } };
}

/** In turns: a server may name two hundred thousand that are gone. */
async function uidsOf(paths: ReadonlySet<string>): Promise<Set<string>> {
  const uids = new Set<string>();
  await eachInTurns(paths, (path) => void uids.add(uidOfPath(path)));
  return uids;
}

function move(path: string, to: Set<string>, from: Set<string>): void {
  to.add(path);
  from.delete(path);
}

function tooMany(): Fault {
  return new Fault('PAYLOAD_TOO_LARGE', `The address book has more than ${LARGEST_BOOK} cards; link a smaller one.`);
}
