import { Type } from 'typebox';
import { FAULT_CODES } from '../../domain/fault.ts';
import { CALLERS } from '../../store/audit/audit.ts';
import { named, oneOf, Time } from '../schemas/common.ts';
import { Piece } from '../schemas/friends.ts';
import { OwnTune } from '../schemas/now-playing.ts';
import { PrivacyView } from '../schemas/privacy.ts';
import { SourceView } from '../schemas/sources.ts';

const Hash = Type.String({ description: 'The keyed hash of a phone number' });
const Texts = Type.Array(Type.String());
const Hashes = Type.Array(Hash);
const Book = Type.Union([Type.String(), Type.Null()], { description: 'The name of a source; null: the own book' });
const closed = { additionalProperties: false };

/** Everything that is held about a subscriber. */
export const ExportView = named(
  'Export',
  Type.Object(
    {
      generatedAt: Time,
      note: Type.String(),
      subscriber: Type.Object(
        {
          id: Type.String(),
          phoneNumbers: Texts,
          numberHashes: Hashes,
          jid: Type.String(),
          displayName: Type.String(),
          lastHeardOf: Type.Optional(Time),
          state: Type.String(),
        },
        closed,
      ),
      accounts: Type.Object(
        { made: Texts, former: Texts, heard: Type.Optional(Type.String()) },
        { ...closed, description: 'XMPP accounts by their JIDs' },
      ),
      tokens: Type.Array(
        Type.Object(
          {
            deviceName: Type.Optional(Type.String()),
            createdAt: Time,
            lastUsedAt: Type.Optional(Time),
            expiresAt: Time,
          },
          closed,
        ),
      ),
      applicationPasswords: Type.Array(Type.Object({ name: Type.String(), createdAt: Time }, closed)),
      privacy: PrivacyView,
      budget: Type.Object(
        { askedNumberHashes: Hashes, waitingNumberHashes: Hashes },
        { ...closed, description: 'Numbers that were looked up and are in no book any more, and those that wait' },
      ),
      addressBooks: Type.Array(Type.Object({ book: Book, version: Type.Integer(), contacts: Type.Integer() }, closed)),
      contacts: Type.Array(
        Type.Object(
          {
            book: Book,
            numberHash: Hash,
            name: Type.String(),
            groups: Texts,
            friend: Type.Optional(Type.String({ description: 'The subscriber to whom it led' })),
          },
          closed,
        ),
      ),
      photos: Type.Array(
        Type.Object({ book: Book, numberHashes: Hashes, image: Type.String({ description: 'A data: URI' }) }, closed),
      ),
      sources: Type.Array(SourceView),
      friends: Type.Array(
        Type.Object(
          {
            subscriberId: Type.String(),
            jid: Type.String(),
            name: Type.String(),
            groups: Texts,
            numberHash: Type.Optional(Hash),
            since: Type.Optional(Time),
          },
          closed,
        ),
      ),
      turnedDown: Type.Array(Type.Object({ subscriberId: Type.String(), numberHashes: Hashes }, closed)),
      nowPlaying: Type.Object(
        {
          devices: Type.Array(Type.Omit(OwnTune, ['shared'])),
          told: Type.Array(
            Type.Object(
              {
                outlet: Type.String(),
                at: Time,
                address: Type.String(),
                what: Type.String({ description: 'A fingerprint of what was told' }),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
      recentlyPlayed: Type.Array(Type.Object({ ...Piece.properties, playedAt: Time }, closed)),
      presence: Type.Array(
        Type.Object(
          { resource: Type.String(), show: Type.String(), status: Type.String(), priority: Type.Integer() },
          closed,
        ),
      ),
      avatar: Type.Union([
        Type.Object({ jid: Type.String(), image: Type.Union([Type.String(), Type.Null()]), at: Time }, closed),
        Type.Null(),
      ]),
      rosters: Type.Array(
        Type.Object(
          {
            account: Type.String(),
            item: Type.String(),
            did: Type.String({ description: 'made, raised or own: what Earshot did to the item' }),
            name: Type.String(),
            groups: Texts,
          },
          closed,
        ),
      ),
      offers: Type.Array(
        Type.Object(
          {
            account: Type.String(),
            item: Type.String(),
            by: Type.String({ description: 'item or message: how this friend was offered' }),
            at: Time,
          },
          closed,
        ),
      ),
      pending: Type.Object(
        {
          due: Type.Array(Type.Object({ work: Type.String(), at: Time }, closed)),
          numberHashes: Hashes,
          subscribers: Texts,
          rosterItems: Texts,
          change: Type.Optional(Type.Object({ numberHashes: Hashes, jid: Type.String() }, closed)),
        },
        { ...closed, description: 'What has still to be done' },
      ),
      audit: Type.Array(
        Type.Object(
          {
            time: Time,
            caller: oneOf(CALLERS),
            callerId: Type.String(),
            operation: Type.String(),
            correlator: Type.String(),
            status: Type.Integer(),
            code: oneOf(['', ...FAULT_CODES], { description: 'Empty: all was well' }),
          },
          closed,
        ),
      ),
    },
    closed,
  ),
);
