import type { Redis } from '../../runtime/redis.ts';
import type { DueName, Keys } from './keys.ts';
import { allPartitions } from './partitions.ts';

/** Milliseconds after which work that was asked for and not done is asked for again. */
export const GRACE = 3_000;
/** Milliseconds until the sweep looks again at what it has put back into a queue. */
const AGAIN = 10_000;

const CLAIM = `
local ids = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], ARGV[2], id) end
return ids`;

const SETTLE = `
for i = 2, #KEYS do if redis.call('EXISTS', KEYS[i]) == 1 then return 0 end end
return redis.call('ZREM', KEYS[1], ARGV[1])`;

/**
 * For each queue, and for the budgets to be refilled: who has to be looked at, and when at the latest (a sorted set of subscriber ids by milliseconds since
 * the epoch; one for each partition, so that it changes in one step with its subscribers). The mark is made with the state it speaks of, so a process that dies before it has put the job
 * into the queue loses nothing: the sweep finds the mark.
 */
export function createDue(redis: Redis, keys: Keys) {
  return {
    /** Subscribers whose time has come, up to `most` of each partition; each is given to one caller only, for ten seconds. */
    async claim(queue: DueName, now: number, most: number): Promise<string[]> {
      const claims = allPartitions().map(async (partition) => {
        const reply = await redis.eval(CLAIM, {
          keys: [keys.duePart(queue, partition)],
          arguments: [`${now}`, `${now + AGAIN}`, `${most}`],
        });
        return reply as string[];
      });
      return (await Promise.all(claims)).flat();
    },

    /** Takes the mark away unless one of these hashes of marks has something in it again. */
    async settle(queue: DueName, id: string, marks: readonly string[]): Promise<void> {
      await redis.eval(SETTLE, { keys: [keys.due(queue, id), ...marks], arguments: [id] });
    },

    async isMarked(queue: DueName, id: string): Promise<boolean> {
      return (await redis.zScore(keys.due(queue, id), id)) !== null;
    },

    /** Looks at the subscriber again at `time` at the earliest: for trouble that no quick retry will mend. */
    async postpone(queue: DueName, id: string, time: number): Promise<void> {
      await redis.zAdd(keys.due(queue, id), { value: id, score: time });
    },

    async waiting(queue: DueName): Promise<number> {
      const counts = allPartitions().map((partition) => redis.zCard(keys.duePart(queue, partition)));
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },
  };
}
