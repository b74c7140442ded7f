import { createHash } from 'node:crypto';
import type { Audience } from '../../domain/friendship/privacy.ts';
import { HISTORY, LONGEST_HISTORY, type Piece, type Played, pieceName, pieceOf } from '../../domain/playing/popular.ts';
import type { Tune } from '../../domain/playing/tune.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';
import { askSubscribers } from '../base/partitions.ts';

/** Characters of base64url by which a piece is known: 96 bits. */
const KEY_LENGTH = 16;

/**
 * KEYS: record, recent, privacy. ARGV: audience at which it was shown, field, value, milliseconds that the history lasts, most pieces. What was shown to
 * one audience must not be noted after another has begun a new history.
 */
const NOTE = `
if redis.call('HGET', KEYS[1], 'state') ~= 'active' then return 0 end
if (redis.call('HGET', KEYS[3], 'audience') or '"friends"') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
local over = redis.call('HLEN', KEYS[2]) - tonumber(ARGV[5])
if over <= 0 then return 1 end
local pieces = redis.call('HGETALL', KEYS[2])
local oldest, least
for i = 1, #pieces, 2 do
  local at = tonumber(string.match(pieces[i + 1], '^%d+'))
  if not least or at < least then oldest, least = pieces[i], at end
end
return redis.call('HDEL', KEYS[2], oldest)`;

/**
 * What subscribers have played and shown to friends within seven days: hash `recent` (what stands for the piece → when, in milliseconds since the epoch, a
 * space, and the piece), the last fifty pieces. It ends by itself, and with every change of the audience (see `PUT_PRIVACY`).
 */
export function createRecent(redis: Redis, keys: Keys) {
  return {
    /** The tune is shown to that audience since `at`. Doing it again changes nothing. */
    async note(id: string, audience: Audience, tune: Tune, at: number): Promise<void> {
      const piece = pieceOf(tune);
      const field = createHash('sha256').update(pieceName(piece)).digest('base64url').slice(0, KEY_LENGTH);
      await redis.eval(NOTE, {
        keys: [keys.subscriber(id), keys.recent(id), keys.privacy(id)],
        arguments: [
          JSON.stringify(audience),
          field,
          `${at} ${JSON.stringify(piece)}`,
          `${HISTORY}`,
          `${LONGEST_HISTORY}`,
        ],
      });
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
