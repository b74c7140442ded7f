import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';
import { defineScript } from '../base/script.ts';

/** What became of rows so far; `received` counts those that are still worked on, too. */
export type RowCounts = { received: number; created: number; updated: number; unchanged: number; refused: number };

/** `until`: milliseconds since the epoch until which a request counts as one that is under way. */
export type ImportRun = { owner: string; until: number; rows: RowCounts };

/** Milliseconds for which it is known how an import went, from its last row on: as long as its orders are. */
const KNOWN = 30 * 86_400_000;

/** Adds to what is counted, where there is something. */
const NOTE = defineScript({
  keys: ['run'],
  args: ['untilTime', 'known'],
  lists: ['counts'],
  lua: `
if redis.call('EXISTS', run) == 0 then return end
for i = 1, #counts, 2 do redis.call('HINCRBY', run, counts[i], counts[i + 1]) end
redis.call('HSET', run, 'until', untilTime)
redis.call('PEXPIRE', run, known)`,
});

/** How far imports have come: hash `import-run:<import>` (owner, until, and a count for each kind of row), which requests under one key share. */
export function createImportRuns(redis: Redis, keys: Keys) {
  return {
    async begin(importId: string, owner: string, until: number): Promise<void> {
      const run = keys.importRun(importId);
      await redis.multi().hSet(run, { owner, until }).pExpire(run, KNOWN).exec();
    },

    /** So many more. `until`: as in `ImportRun`; 0 when the request has ended. */
    async note(importId: string, more: RowCounts, until: number): Promise<void> {
      const counts = Object.entries(more)
        .filter(([, count]) => count > 0)
        .flat();
      await NOTE.run(redis, { run: keys.importRun(importId) }, { untilTime: until, known: KNOWN, counts });
    },

    async of(importId: string): Promise<ImportRun | undefined> {
      const { owner, until, ...counts } = await redis.hGetAll(keys.importRun(importId));
      if (owner === undefined) return undefined;
      const { received = 0, created = 0, updated = 0, unchanged = 0, refused = 0 } = counts;
      const rows = { received, created, updated, unchanged, refused };
      const numbers = Object.fromEntries(Object.entries(rows).map(([name, count]) => [name, Number(count)]));
      return { owner, until: Number(until), rows: numbers as RowCounts };
    },
  };
}
