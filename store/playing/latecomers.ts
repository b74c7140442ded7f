import type { Listening } from '../../runtime/redis/listening.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';

/**
 * Tells the components of all other homes that a subscriber has come online: by Redis pub/sub, the id in a channel of each. Best
 * effort: of whoever is not told, what friends there play is seen with their next change.
 */
export function createLatecomerCalls(redis: Redis, keys: Keys) {
  return {
    /** `home`: the host of the subscriber's own. */
    async tell(home: string, id: string): Promise<void> {
      for (const host of keys.hosts) if (host !== home) await redis.publish(keys.latecomers(host), id);
    },
  };
}

/** The side that is told. */
export type LatecomerSource = (hear: (id: string) => void) => Promise<void>;

/** Needs a connection of its own. `host`: of the home whose component hears. */
export function createLatecomerSource(connection: Listening, keys: Keys, host: string): LatecomerSource {
  return async (hear) => {
    if (keys.hosts.length > 0) await connection.subscribe(keys.latecomers(host), hear);
  };
}
