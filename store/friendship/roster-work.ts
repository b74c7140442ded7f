import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';
import type { Marks } from '../base/marks.ts';
import { as, defineScript, toFields } from '../base/script.ts';
import { type Subscriber, toSubscriber } from '../subscriber/subscriber-record.ts';
import { type DirtyItem, type Friend, toDirtyItems, toFriend } from './friends.ts';

/**
 * What the roster job has to do for a subscriber. `marks`: of the items, by JID; `wanted`: the
 * friends among them, by id; `partings`: everybody who is being let go of; `former`: see `toFormerJids`.
 */
export type RosterWork = {
  subscriber: Subscriber | undefined;
  former: Record<string, string>;
  items: DirtyItem[];
  marks: Marks;
  wanted: Map<string, Friend>;
  partings: Marks;
};

/**
 * At one moment, so that nobody who parts is missing both from the friends and from the partings.
 * A mark begins with the id of whoever is behind the item.
 */
const READ = defineScript({
  keys: ['record', 'former', 'dirtyItems', 'friends', 'partings'],
  reply: as<[record: string[], former: string[], marks: string[], wanted: (string | null)[], partings: string[]]>,
  lua: `
local marks, wanted = redis.call('HGETALL', dirtyItems), {}
for i = 2, #marks, 2 do
  wanted[i / 2] = redis.call('HGET', friends, string.match(marks[i], '^[^ ]*'))
end
return {
  redis.call('HGETALL', record), redis.call('HGETALL', former), marks, wanted, redis.call('HGETALL', partings),
}`,
});

/** What the roster job reads of its subscriber: all of it is in one partition. */
export function createRosterWork(redis: Redis, keys: Keys) {
  return {
    async read(id: string): Promise<RosterWork> {
      const places = {
        record: keys.subscriber(id),
        former: keys.former(id),
        dirtyItems: keys.dirtyItems(id),
        friends: keys.friends(id),
        partings: keys.partings(id),
      };
      const [record, former, dirty, wanted, partings] = await READ.run(redis, places, {});
      const marks = toFields(dirty);
      const friends = wanted.flatMap((json) => (json ? [toFriend(json)] : []));
      return {
        subscriber: toSubscriber(id, toFields(record)),
        former: toFields(former),
        items: toDirtyItems(marks),
        marks,
        wanted: new Map(friends.map((friend) => [friend.id, friend])),
        partings: toFields(partings),
      };
    },
  };
}
