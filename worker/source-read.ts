import { toBook } from '../domain/book-reader.ts';
import { Fault } from '../domain/fault.ts';
import { authorizationOf, type SourceCredentials, sealPurpose } from '../domain/source.ts';
import { unseal } from '../runtime/sealing.ts';
import { takeTurns } from '../runtime/turns.ts';
import type { Source } from '../store/source-record.ts';
import type { ReadOutcome, SourceReading } from '../store/sources.ts';
import type { Subscriber } from '../store/subscriber-record.ts';
import type { Access } from './carddav/calls.ts';
import { readEntries, uidOfPath } from './carddav/cards.ts';
import { type Listing, listCards } from './carddav/listing.ts';
import type { Ask } from './carddav/threads.ts';
import type { SourceContext } from './context.ts';

/** Milliseconds for one request and for the whole read, and bytes of one answer. */
const LIMITS = { timeout: 120_000, largest: 32 * 1024 * 1024 };
const WHOLE_READ = 300_000;

/**
 * Reads a source and brings its book to what the server has: what changed since the last time, or all of it.
 * @throws Fault that tells the source's owner what to do; what was read before is kept then
 */
export async function readSource(
  context: SourceContext,
  subscriber: Subscriber,
  reading: SourceReading,
): Promise<ReadOutcome> {
  const access = accessOf(context, subscriber, reading.source);
  return context.threads.reading(access, WHOLE_READ, async (ask) => {
    const { url, collection: known, syncToken } = reading.source;
    const collection = known === '' ? await ask('find', url) : known;
    const listing = await listCards(ask, collection, syncToken);
    const reasons = await write(context, ask, subscriber, reading, collection, listing);
    const cards = [...listing.changed, ...listing.removed].map(uidOfPath);
    return { collection, syncToken: listing.syncToken, whole: listing.whole, cards, reasons };
  });
}

function accessOf({ config }: SourceContext, { id }: Subscriber, { name, url, credentials }: Source): Access {
  const opened = unseal(config.secretsKey, sealPurpose(id, name), credentials);
  if (opened === undefined)
    throw new Fault('UNAUTHENTICATED', 'The credentials can no longer be opened; link the source again.');
  const authorization = authorizationOf(JSON.parse(opened) as SourceCredentials);
  return { url, authorization, allow: config.sourceAllow, limits: LIMITS };
}

/** Reads the cards and writes them into the source's book; answers why some were refused, by uid. */
async function write(
  { stores, config, numberKeyOf, now }: SourceContext,
  ask: Ask,
  { id, phoneNumber }: Subscriber,
  { lease }: SourceReading,
  collection: string,
  { whole, changed, removed }: Listing,
): Promise<Map<string, string>> {
  const paths = [...changed];
  const photos = stores.photos.upload(id, lease);
  try {
    const { book, rejected } = await toBook(
      readEntries(ask, collection, paths),
      phoneNumber,
      { numberKeyOf, guessedNumbers: config.guessedNumbers },
      { pause: takeTurns, takePhoto: photos.add },
    );
    if (whole) {
      await stores.addressBooks.replaceSource(id, lease, book, now());
      await photos.commit();
    } else if (paths.length + removed.size > 0) {
      // A card that was refused this time, or is there no more, must not stay as it was.
      const gone = [...removed, ...paths].map(uidOfPath).filter((uid) => !book.has(uid));
      const written = await stores.addressBooks.changeSource(id, lease, book, gone, now());
      await photos.commitAmong([...written.gone, ...[...book.values()].flatMap((contact) => contact.numberKeys)]);
    }
    return new Map(rejected.map(({ index, reason }) => [uidOfPath(paths[index] ?? ''), reason]));
  } finally {
    await photos.discard();
  }
}
