import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { type Marks, SEEN_MARK } from '../base/marks.ts';
import { askSubscribers, byPartition } from '../base/partitions.ts';
import { asYesEach, defineScript } from '../base/script.ts';
import { duePartOf } from '../due/makes-due.ts';

const KEYS_EACH = 6;

/**
 * Takes away the marks of announced numbers that were seen, and the due time, of active subscribers
 * for whom the reconcile job would do nothing more: who have no other mark and no wish, and whose job
 * is not under way. In one step with the look at all of that, as any of it may come at any moment.
 * `places`: of each the record, four keys that do not exist then, and the hash of announced numbers.
 * `seen`: number keys, each followed by its mark, of one subscriber after the other; `counts`: how
 * many of these words are of each.
 */
const SETTLE = defineScript({
  uses: [SEEN_MARK],
  keys: ['due', 'running', 'rechecks'],
  keyList: 'places',
  lists: ['ids', 'seen', 'counts'],
  reply: asYesEach,
  lua: `
local settled, from = {}, 1
for i, id in ipairs(ids) do
  local to = from + tonumber(counts[i])
  local last = ${KEYS_EACH} * i
  local record, announced = places[last - ${KEYS_EACH - 1}], places[last]
  local asked = redis.call('HEXISTS', running, id) + redis.call('HEXISTS', rechecks, id) > 0
  settled[i] = 0
  if not asked and redis.call('HGET', record, 'state') == 'active'
    and redis.call('EXISTS', unpack(places, last - ${KEYS_EACH - 2}, last - 1)) == 0 then
    clearSeen(announced, { unpack(seen, from, to - 1) })
    if redis.call('EXISTS', announced) == 0 then
      redis.call('ZREM', due, id)
      settled[i] = 1
    end
  end
  from = to
end
return settled`,
});

/**
 * Does for many subscribers at once what their reconcile jobs would do about numbers that came or went,
 * which nobody holds: whom they hold, and who are their friends by other numbers, does not depend on these.
 */
export function createUnheld(redis: Redis, keys: Keys) {
  const placesOf = (id: string) => [
    keys.subscriber(id),
    ...[keys.intention(id), keys.dirtyNumbers(id), keys.dirtyBlocked(id), keys.dirtyPairs(id)],
    keys.announced(id),
  ];

  return {
    /** Of each: the number keys that it announces, in the order asked for. */
    async announced(ids: readonly string[]): Promise<Marks[]> {
      return (await askSubscribers(redis, ids, (batch, id) => batch.hGetAll(keys.announced(id)))) as Marks[];
    },

    /**
     * `seen`: the marks of numbers that these subscribers announce, read before it was found that nobody
     * holds one of the numbers. Whoever comes to hold one later enters the reverse index first, and
     * then decides the pair by the record as it is by then. Returns those who have nothing announced
     * and are not due any more.
     */
    async settle(seen: ReadonlyMap<string, Marks>): Promise<Set<string>> {
      const settled = new Set<string>();
      await Promise.all(
        [...byPartition([...seen.keys()])].map(async ([partition, ids]) => {
          const places = {
            due: duePartOf(keys, 'announced', partition),
            ...{ running: keys.running(partition), rechecks: keys.rechecks(partition) },
            places: ids.flatMap(placesOf),
          };
          const words = ids.map((id) => Object.entries(seen.get(id) ?? {}).flat());
          const counts = words.map(({ length }) => length);
          const outcomes = await SETTLE.run(redis, places, { ids, seen: words.flat(), counts });
          for (const [i, id] of ids.entries()) if (outcomes[i]) settled.add(id);
        }),
      );
      return settled;
    },
  };
}
