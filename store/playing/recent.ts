import { createHash } from 'node:crypto';
import type { Privacy } from '../../domain/friendship/privacy.ts';
import { HISTORY, LONGEST_HISTORY, type Piece, type Played, pieceName, pieceOf } from '../../domain/playing/popular.ts';
import type { Basis, Showing } from '../../domain/playing/showing.ts';
import type { Playing } from '../../domain/playing/tune.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';
import { askSubscribers, type Batch } from '../base/partitions.ts';
import { privacyFields } from '../friendship/privacy.ts';

/** Characters of base64url by which a piece is known: 96 bits. */
const KEY_LENGTH = 16;

/**
 * KEYS: record, recent, privacy. ARGV: field, value, milliseconds that the history lasts, most pieces, then discoverable, audience and private until as
 * they were when it was decided that the piece is shown. What another setting hides, or shows to others, must not be noted any more.
 */
const NOTE = `
if redis.call('HGET', KEYS[1], 'state') ~= 'active' then return 0 end
local privacy = redis.call('HMGET', KEYS[3], 'discoverable', 'audience', 'privateUntil')
if (privacy[1] or '1') ~= ARGV[5] or (privacy[2] or '"friends"') ~= ARGV[6] or (privacy[3] or '') ~= ARGV[7] then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local over = redis.call('HLEN', KEYS[2]) - tonumber(ARGV[4])
if over <= 0 then return 1 end
local pieces = redis.call('HGETALL', KEYS[2])
local oldest, least
for i = 1, #pieces, 2 do
  local at = tonumber(string.match(pieces[i + 1], '^%d+'))
  if not least or at < least then oldest, least = pieces[i], at end
end
return redis.call('HDEL', KEYS[2], oldest)`;

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

/** Notes it, unless the settings have changed since. It counts from when it began. Doing it again changes nothing. */
export function notePiece(batch: Batch, keys: Keys, id: string, { playing, privacy }: Shown): void {
  const piece = pieceOf(playing.tune);
  const field = createHash('sha256').update(pieceName(piece)).digest('base64url').slice(0, KEY_LENGTH);
  batch.eval(NOTE, {
    keys: [keys.subscriber(id), keys.recent(id), keys.privacy(id)],
    arguments: [
      field,
      `${playing.since} ${JSON.stringify(piece)}`,
      `${HISTORY}`,
      `${LONGEST_HISTORY}`,
      ...Object.values(privacyFields(privacy)),
    ],
  });
}

/**
 * What subscribers have played and shown to friends within seven days: hash `recent` (what stands for the piece → when, in milliseconds since the epoch, a
 * space, and the piece), the last fifty pieces. It ends by itself, and with every change of the audience (see `PUT_PRIVACY`).
 */
export function createRecent(redis: Redis, keys: Keys) {
  return {
    /** The same as `notePiece`, by itself. */
    async note(id: string, shown: Shown): Promise<void> {
      const batch = redis.multi();
      notePiece(batch, keys, id, shown);
      await batch.exec();
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
  return { key, at: Number(value.slice(0, space)), read: () => JSON.parse(value.slice(space + 1)) as Piece };
}
