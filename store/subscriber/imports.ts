import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { defineScript } from '../base/script.ts';

/** What became of rows so far; `received` counts those that are still worked on, too. */
export type RowCounts = { received: number; created: number; updated: number; unchanged: number; refused: number };

/** `openUntil`: milliseconds since the epoch until which one of its requests counts as open; undefined when none is. */
export type ImportCounts = { owner: string; openUntil: number | undefined; rows: RowCounts };

/** One request of an import. */
export type ImportRequest = { importId: string; requestId: string };

/** Milliseconds for which it is known how an import went, from its last row on: as long as its orders are. */
const KNOWN = 30 * 86_400_000;

/** Begins a request; those whose processes died are forgotten. */
const BEGIN = defineScript({
  keys: ['counted', 'open'],
  args: ['owner', 'requestId', 'now', 'untilTime', 'known'],
  lua: `
redis.call('HSET', counted, 'owner', owner)
redis.call('PEXPIRE', counted, known)
redis.call('ZREMRANGEBYSCORE', open, '-inf', now)
redis.call('ZADD', open, untilTime, requestId)
redis.call('PEXPIRE', open, known)`,
});

/** Adds to what is counted, where there is something. The request goes on until then, or has ended. */
const NOTE = defineScript({
  keys: ['counted', 'open'],
  args: ['requestId', 'untilTime', 'known'],
  lists: ['counts'],
  lua: `
if redis.call('EXISTS', counted) == 0 then return end
for i = 1, #counts, 2 do redis.call('HINCRBY', counted, counts[i], counts[i + 1]) end
if untilTime == '' then redis.call('ZREM', open, requestId)
else redis.call('ZADD', open, untilTime, requestId) end
for _, key in ipairs({ counted, open }) do redis.call('PEXPIRE', key, known) end`,
});

/**
 * How far imports have come. Hash `import-run:<import>`: the owner, and a count for each kind of row;
 * requests with one Idempotency-Key share it. Sorted set beside it: the requests that are open, by the
 * time until which each counts as open (milliseconds since the epoch).
 */
export function createImports(redis: Redis, keys: Keys) {
  const places = (importId: string) => ({ counted: keys.importCounts(importId), open: keys.importOpen(importId) });

  return {
    async begin({ importId, requestId }: ImportRequest, owner: string, now: number, until: number): Promise<void> {
      await BEGIN.run(redis, places(importId), { owner, requestId, now, untilTime: until, known: KNOWN });
    },

    /** So many more, or fewer. `until`: of this request; undefined when it has ended. */
    async note({ importId, requestId }: ImportRequest, more: RowCounts, until: number | undefined): Promise<void> {
      const counts = Object.entries(more)
        .filter(([, count]) => count !== 0)
        .flat();
      await NOTE.run(redis, places(importId), { requestId, untilTime: until, known: KNOWN, counts });
    },

    async of(importId: string): Promise<ImportCounts | undefined> {
      const { counted, open } = places(importId);
      const [{ owner, ...counts }, [last]] = await Promise.all([
        redis.hGetAll(counted),
        redis.zRangeWithScores(open, -1, -1),
      ]);
      if (owner === undefined) return undefined;
      const { received = 0, created = 0, updated = 0, unchanged = 0, refused = 0 } = counts;
      const rows = { received, created, updated, unchanged, refused };
      const numbers = Object.fromEntries(Object.entries(rows).map(([name, count]) => [name, Number(count)]));
      return { owner, openUntil: last?.score, rows: numbers as RowCounts };
    },
  };
}
