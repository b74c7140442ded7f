import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { clearOne } from '../base/marks.ts';
import { type Batch, partitionOf } from '../base/partitions.ts';

/**
 * Whose reconcile job is under way: a hash `running` for each partition (id → stamp of the run that
 * began last). A process that stood still for longer than its job's lock lasts is not stopped: it
 * goes on beside the process that took the job over, and writes what it has read long ago. By the
 * stamp such a run finds out at its end.
 */
export function createRuns(redis: Redis, keys: Keys) {
  return {
    /** Notes a run by a stamp of its own, in one step with what it reads first. */
    begin(batch: Batch, id: string, stamp: string): void {
      batch.hSet(keys.running(partitionOf(id)), id, stamp);
    },

    /** True when no other run began after this one; so nobody else decided the same meanwhile. */
    async end(id: string, stamp: string): Promise<boolean> {
      return clearOne(redis, keys.running(partitionOf(id)), id, stamp);
    },
  };
}
