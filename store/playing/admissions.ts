import { type NodeAccess, type NodeChange, UNKNOWN } from '../../domain/friendship/node-access.ts';
import { type OutletName, outletRow } from '../../domain/playing/outlets.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { IS_STILL } from '../base/fence.ts';
import { scanned } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import { asYes, defineScript } from '../base/script.ts';
import { slicesOf } from '../base/slices.ts';
import type { Addressee } from '../subscriber/subscriber-record.ts';

/**
 * Notes these fields of the access as unknown, if the subscriber still has the address at which the
 * outlet is about to be told. In one step, because the subscriber may move to another account at
 * any moment. `field`: of the record, `seen`: the value that it had.
 */
const BEGIN = defineScript({
  uses: [IS_STILL],
  keys: ['record', 'told', 'access'],
  args: ['field', 'seen', 'address', 'unknown'],
  lists: ['fields'],
  reply: asYes,
  lua: `
if not isStill(record, field, seen) then return 0 end
redis.call('HSET', told, 'address', address)
for _, name in ipairs(fields) do redis.call('HSET', access, name, unknown) end
return 1`,
});

/**
 * Whom each outlet that tells friends apart was told to let look: hash `access:<outlet>` (see
 * `NodeAccess`, and `NodePlace` for several nodes), about the address in `told:<outlet>`.
 */
export function createAdmissions(redis: Redis, keys: Keys) {
  return {
    async read(id: string, outlet: OutletName): Promise<NodeAccess> {
      return new Map(Object.entries(await scanned(redis, keys.access(id, outlet))));
    },

    /**
     * To be called before the outlet is told: until `note`, nobody knows how these fields stand.
     * False when the subscriber has another address by now; then nothing may be told.
     */
    async begin(
      subscriber: Addressee,
      outlet: OutletName,
      address: string,
      fields: readonly string[],
    ): Promise<boolean> {
      const { id } = subscriber;
      const field = outletRow(outlet).address;
      const places = { record: keys.subscriber(id), told: keys.told(id, outlet), access: keys.access(id, outlet) };
      for (const part of slicesOf(fields)) {
        const args = { field, seen: subscriber[field], address, unknown: UNKNOWN, fields: part };
        if (!(await BEGIN.run(redis, places, args))) return false;
      }
      return true;
    },

    /** The outlet knows these fields; `none` is not kept. */
    async note(id: string, outlet: OutletName, known: readonly NodeChange[]): Promise<void> {
      const key = keys.access(id, outlet);
      for (const part of slicesOf(known)) {
        const kept = part.filter(([, value]) => value !== 'none');
        const gone = part.flatMap(([field, value]) => (value === 'none' ? [field] : []));
        const batch = redis.multi();
        if (kept.length > 0) batch.hSet(key, kept.flat() as never);
        if (gone.length > 0) batch.hDel(key, gone);
        await batch.exec();
      }
    },
  };
}
