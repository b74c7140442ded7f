import { toBook } from '../domain/book/book-reader.ts';
import { type SourceCredentials, sealPurpose } from '../domain/book/source.ts';
import { Fault } from '../domain/fault.ts';
import { seal, unseal } from '../runtime/secret/sealing.ts';
import { takeTurns } from '../runtime/turns.ts';
import { readRecord } from '../store/base/record.ts';
import type { Source } from '../store/source/source-record.ts';
import type { ReadOutcome, SourceReading } from '../store/source/sources.ts';
import type { Subscriber } from '../store/subscriber/subscriber-record.ts';
import type { Access, ReadLimits } from './carddav/calls.ts';
import { readEntries, uidOfPath } from './carddav/cards.ts';
import { type CollectionState, type Listing, listCards } from './carddav/listing.ts';
import type { Ask } from './carddav/reader.ts';
import type { SourceContext } from './context.ts';

/** What one read may take. */
export const SOURCE_LIMITS: ReadLimits = {
  timeout: 120_000,
  firstByte: 30_000,
  largest: 32 * 1024 * 1024,
  whole: 300_000,
};

const UNREAD: CollectionState = { syncToken: '', etags: '' };

/**
 * Reads a source and brings its book to what the server has: what changed since the last time, or
 * all of it. @throws Fault that tells the source's owner what to do; what was read before is kept
 * then
 */
export async function readSource(
  context: SourceContext,
  subscriber: Subscriber,
  reading: SourceReading,
  ended: AbortSignal,
): Promise<ReadOutcome> {
  const access = accessOf(context, subscriber, reading.source);
  const read = (ask: Ask) => bringUpToDate(context, ask, subscriber, reading);
  return context.reader.reading(access, context.limits.whole, read, ended);
}

async function bringUpToDate(
  context: SourceContext,
  ask: Ask,
  subscriber: Subscriber,
  reading: SourceReading,
): Promise<ReadOutcome> {
  const { name, url, collection: known, syncToken } = reading.source;
  const purpose = `${sealPurpose(subscriber.id, name)} etags`;
  const etags = unseal(context.config.secretsKey, purpose, reading.source.etags) ?? '';
  const collection = known ?? (await ask('find', url));
  const list = (state: CollectionState) =>
    listCards(ask, collection, state).catch((error: unknown) => {
      throw known !== undefined && error instanceof Fault && error.code === 'NOT_FOUND' ? vanished() : error;
    });
  let listing = await list({ syncToken, etags });
  let { reasons, hasGroups } = await write(context, ask, subscriber, reading, collection, listing);
  if (hasGroups && !listing.whole) {
    listing = await list(UNREAD);
    ({ reasons, hasGroups } = await write(context, ask, subscriber, reading, collection, listing));
  }
  const cards = [...[...listing.changed].map(uidOfPath), ...listing.removed];
  // Who is in a group stands in the group's card, not in that of a member that changes: such books are read as a whole each time.
  const state = hasGroups ? UNREAD : listing.state;
  const sealed = state.etags === '' ? '' : seal(context.config.secretsKey, purpose, state.etags);
  return { collection, syncToken: state.syncToken, etags: sealed, whole: listing.whole, cards, reasons };
}

/** Another one of the same user is somebody's other contacts: which one is meant is not guessed. */
function vanished(): Fault {
  return new Fault(
    'NOT_FOUND',
    'The address book that was read is not on its server any more; its contacts stay until you link another URL or remove the source.',
  );
}

function accessOf({ config, limits }: SourceContext, { id }: Subscriber, { name, url, credentials }: Source): Access {
  const opened = unseal(config.secretsKey, sealPurpose(id, name), credentials);
  if (opened === undefined)
    throw new Fault('UNAUTHENTICATED', 'The credentials can no longer be opened; link the source again.');
  return {
    url,
    credentials: readRecord<SourceCredentials>(opened, 'the credentials of a source'),
    allow: config.sourceAllow,
    limits,
  };
}

/** `reasons`: why cards were refused, by uid. */
type Written = { reasons: Map<string, string>; hasGroups: boolean };

/**
 * Reads the cards and writes them into the source's book.
 */
async function write(
  { stores, config, numberKeyOf, now }: SourceContext,
  ask: Ask,
  { id, phoneNumber }: Subscriber,
  { fence }: SourceReading,
  collection: string,
  { whole, changed, removed }: Listing,
): Promise<Written> {
  const paths = [...changed];
  const photos = stores.photos.upload(id, fence);
  try {
    const { book, rejected, hasGroups } = await toBook(
      readEntries(ask, collection, paths),
      phoneNumber,
      { numberKeyOf, guessedNumbers: config.guessedNumbers },
      { pause: takeTurns, takePhoto: photos.add },
    );
    if (whole) {
      await stores.addressBooks.replaceSource(id, fence, book, now());
      await photos.commit();
    } else if (paths.length + removed.size > 0) {
      // A card that was refused this time, or is there no more, must not stay as it was.
      const gone = [...removed, ...paths.map(uidOfPath)].filter((uid) => !book.has(uid));
      const written = await stores.addressBooks.changeSource(id, fence, book, gone, now());
      await photos.commitAmong([...written.gone, ...[...book.values()].flatMap((contact) => contact.numberKeys)]);
    }
    const reasons = new Map(rejected.map(({ index, reason }) => [uidOfPath(paths[index] ?? ''), reason]));
    return { reasons, hasGroups };
  } finally {
    await photos.discard();
  }
}
