import type { Redis } from '../runtime/redis.ts';
import type { Keys } from './keys.ts';

export type Holders = ReturnType<typeof createHolders>;

/** Who holds a number in their book: sets `holders:<number key>` of subscriber ids. Needed when its owner joins later. */
export function createHolders(redis: Redis, keys: Keys) {
  return {
    /** Brings the sets in line with what the subscriber's book holds of these numbers. */
    async update(id: string, numbers: readonly { numberKey: string; held: boolean }[]): Promise<void> {
      if (numbers.length === 0) return;
      const batch = redis.multi();
      for (const { numberKey, held } of numbers)
        if (held) batch.sAdd(keys.holders(numberKey), id);
        else batch.sRem(keys.holders(numberKey), id);
      await batch.execAsPipeline();
    },

    async of(numberKey: string): Promise<string[]> {
      return redis.sMembers(keys.holders(numberKey));
    },
  };
}
