import type { OutletName } from '../../domain/playing/outlets.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';

/**
 * In which places an outlet shows what plays, beside its first: hash `agreement`, a field `places:<outlet>` of each home's host,
 * with their names. Everybody's access was asked for since the outlet has these.
 */
export function createKnownPlaces(redis: Redis, keys: Keys) {
  const field = (outlet: OutletName, host: string) => `places:${outlet} ${host}`;

  return {
    async read(outlet: OutletName, host: string): Promise<string[]> {
      const names = await redis.hGet(keys.agreement, field(outlet, host));
      return names ? names.split(' ') : [];
    },

    async note(outlet: OutletName, host: string, names: readonly string[]): Promise<void> {
      if (names.length > 0) await redis.hSet(keys.agreement, field(outlet, host), names.join(' '));
      else await redis.hDel(keys.agreement, field(outlet, host));
    },
  };
}
