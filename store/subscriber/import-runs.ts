import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';
import { defineScript } from '../base/script.ts';

/** What became of rows so far; `received` counts those that are still worked on, too. */
export type RowCounts = { received: number; created: number; updated: number; unchanged: number; refused: number };

/** `until`: milliseconds since the epoch until which one of its requests counts as one that is under way; 0 for none. */
export type ImportRun = { owner: string; until: number; rows: RowCounts };

/** One request of an import. */
export type ImportRequest = { importId: string; requestId: string };

/** Milliseconds for which it is known how an import went, from its last row on: as long as its orders are. */
const KNOWN = 30 * 86_400_000;

/** Begins a request; those whose processes died are forgotten. */
const BEGIN = defineScript({
  keys: ['run', 'open'],
  args: ['owner', 'requestId', 'now', 'untilTime', 'known'],
  lua: `
redis.call('HSET', run, 'owner', owner)
redis.call('PEXPIRE', run, known)
redis.call('ZREMRANGEBYSCORE', open, '-inf', now)
redis.call('ZADD', open, untilTime, requestId)
redis.call('PEXPIRE', open, known)`,
});

/** Adds to what is counted, where there is something. The request goes on until then, or has ended. */
const NOTE = defineScript({
  keys: ['run', 'open'],
  args: ['requestId', 'untilTime', 'known'],
  lists: ['counts'],
  lua: `
if redis.call('EXISTS', run) == 0 then return end
for i = 1, #counts, 2 do redis.call('HINCRBY', run, counts[i], counts[i + 1]) end
if untilTime == '' then redis.call('ZREM', open, requestId)
else redis.call('ZADD', open, untilTime, requestId) end
for _, key in ipairs({ run, open }) do redis.call('PEXPIRE', key, known) end`,
});

/**
 * How far imports have come: hash `import-run:<import>` (owner, and a count for each kind of row), which requests under one key share, and
 * the sorted set of those requests that are open, by the time until which each counts as one that is under way.
 */
export function createImportRuns(redis: Redis, keys: Keys) {
  const places = (importId: string) => ({ run: keys.importRun(importId), open: keys.importOpen(importId) });

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

    async of(importId: string): Promise<ImportRun | undefined> {
      const { run, open } = places(importId);
      const [{ owner, ...counts }, [last]] = await Promise.all([
        redis.hGetAll(run),
        redis.zRangeWithScores(open, -1, -1),
      ]);
      if (owner === undefined) return undefined;
      const { received = 0, created = 0, updated = 0, unchanged = 0, refused = 0 } = counts;
      const rows = { received, created, updated, unchanged, refused };
      const numbers = Object.fromEntries(Object.entries(rows).map(([name, count]) => [name, Number(count)]));
      return { owner, until: last?.score ?? 0, rows: numbers as RowCounts };
    },
  };
}
