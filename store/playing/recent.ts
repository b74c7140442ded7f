import { createHash } from 'node:crypto';
import { OPEN, type Privacy } from '../../domain/friendship/privacy.ts';
import { HISTORY, LONGEST_HISTORY, type Piece, type Played, pieceName, pieceOf } from '../../domain/playing/popular.ts';
import type { Basis, Showing } from '../../domain/playing/showing.ts';
import type { Playing } from '../../domain/playing/tune.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { askSubscribers } from '../base/partitions.ts';
import { readRecord } from '../base/record.ts';
import type { PrivacyFields } from '../friendship/privacy-fields.ts';
import { NOTE_PIECE } from './recent-script.ts';

/** Characters of base64url by which a piece is known: 96 bits. */
const KEY_LENGTH = 16;

/** A tune that friends may be shown from now on, as the settings decide. */
export type Shown = { playing: Playing; privacy: Privacy };

/** What the history takes of a decision: what plays, if any friend may see it. Undefined where none is kept (decision 85). */
export function toRemember(
  { popular }: { popular: 'on' | 'off' },
  { privacy }: Pick<Basis, 'privacy'>,
  { playing, audience }: Showing,
): Shown | undefined {
  return playing && audience !== 'nobody' && popular === 'on' ? { playing, privacy } : undefined;
}

/** What `PIECE` is to note, if anything. It counts from when it began; noting it again changes nothing. */
export function pieceWords(keys: Keys, fields: PrivacyFields, id: string, shown: Shown | undefined) {
  const { discoverable, audience, privateUntil } = fields.of(id, shown?.privacy ?? OPEN);
  const piece = shown && pieceOf(shown.playing.tune);
  return {
    keys: { record: keys.subscriber(id), recent: keys.recent(id), privacy: keys.privacy(id) },
    args: {
      piece: piece && createHash('sha256').update(pieceName(piece)).digest('base64url').slice(0, KEY_LENGTH),
      played: piece && `${shown.playing.since} ${JSON.stringify(piece)}`,
      history: HISTORY,
      longest: LONGEST_HISTORY,
      ...{ discoverable, audience, privateUntil },
    },
  };
}

/**
 * What subscribers have played and shown to friends within seven days: hash `recent` (what stands for the piece → when, in milliseconds since the epoch, a
 * space, and the piece), the last fifty pieces. It ends by itself, and with every change of the audience (see `PUT_PRIVACY`).
 */
export function createRecent(redis: Redis, keys: Keys, privacyFields: PrivacyFields) {
  return {
    /** Notes it, unless the settings have changed since. */
    async note(id: string, shown: Shown): Promise<void> {
      const { keys: places, args } = pieceWords(keys, privacyFields, id, shown);
      await NOTE_PIECE.run(redis, places, args);
    },

    /** The histories of many, in the order asked for, without what is too old at `now`. */
    async of(ids: readonly string[], now: number): Promise<Played[][]> {
      const found = await askSubscribers(redis, ids, (batch, id) => batch.hGetAll(keys.recent(id)));
      return found.map((fields) =>
        Object.entries(fields as Record<string, string>)
          .map(toPlayed)
          .filter(({ at }) => at > now - HISTORY),
      );
    },
  };
}

/** The piece is read only when it is wanted: most are not. */
function toPlayed([key, value]: [string, string]): Played {
  const space = value.indexOf(' ');
  return {
    key,
    at: Number(value.slice(0, space)),
    read: () => readRecord<Piece>(value.slice(space + 1), 'what was played lately'),
  };
}
