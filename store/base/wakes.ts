import type { MemoryQueue } from '../../runtime/queue-table.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from './keys.ts';

/**
 * Wakes whoever keeps a queue's jobs in memory: by Redis pub/sub, a channel for each of these queues, ids with blanks
 * between them. Best effort: whoever was not there looks through the due list when it begins, and once a second.
 */
export function createWakes(redis: Redis, keys: Keys) {
  return {
    async tell(queue: MemoryQueue, ids: readonly string[]): Promise<void> {
      await redis.publish(keys.wakes(queue), ids.join(' '));
    },
  };
}

/** The side that is woken. */
export type WakeSource = {
  /** From now on `wake` is called for each subscriber who has to be looked at, and `gap` when calls may have been missed. */
  listen(queue: MemoryQueue, wake: (id: string) => void, gap: () => void): Promise<void>;
};

/** Needs a connection of its own. */
export function createWakeSource(connection: Redis, keys: Keys): WakeSource {
  return {
    async listen(queue, wake, gap) {
      await connection.subscribe(keys.wakes(queue), (ids) => {
        for (const id of ids.split(' ')) wake(id);
      });
      connection.on('ready', gap);
    },
  };
}
