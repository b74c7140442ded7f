import type { Redis } from '../../runtime/redis.ts';
import { GRACE } from '../base/due.ts';
import type { Keys } from '../base/keys.ts';
import { dueOf } from '../base/makes-due.ts';
import { newStamp } from '../base/marks.ts';
import { byPartition, packNumberKey } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import type { Subscriber } from '../subscriber/subscriber-record.ts';
import type { Friend } from './friends.ts';
import { bothEndsOf } from './pairs.ts';

/**
 * How the other end of a pair, that of subscriber `id`, should be by the verdict of this one.
 * `friend`, `barred`: as its own job would write them; `before`: the friend as it was seen there.
 */
export type OtherEnd = {
  id: string;
  friend: Friend | undefined;
  before: Friend | undefined;
  barred: string | undefined;
};

/** `befriended`: other ends that are friends now; `marked`: those whose own jobs have to decide. */
export type Brought = { befriended: string[]; marked: string[] };

const KEYS_EACH = 8;
const WORDS_EACH = 6;

/**
 * Brings the other ends of the pairs of `id` in line, all of one partition. An end that is marked
 * is being decided by its own job, perhaps from what is not so any more: it is marked anew. So is
 * whatever ends or shuts out somebody. What is right already is left alone, and a friend who is new
 * or has another name is written here. In one step with the looks at the marks, as an end's own job
 * may begin at any moment.
 *
 * `ends`: for each end its id, the friend that it should have, the friend that was seen there, that
 * one's JID, the JID that it should bar, and the packed number by which its book holds the friend;
 * empty where there is none. Answers for each end: 0 it was right, 1 it is marked, 2 it is written.
 */
const BRING = defineScript({
  keys: ['dueReconcile', 'dueRoster'],
  keyList: 'places',
  args: ['id', 'bothEnds', 'jid', 'stamp', 'dueAt', 'certain'],
  lists: ['ends'],
  reply: as<number[]>,
  lua: `
local outcomes = {}
for n = 1, #places / ${KEYS_EACH} do
  local other, friend, before, formerJid, barredJid, held =
    unpack(ends, n * ${WORDS_EACH} - ${WORDS_EACH - 1}, n * ${WORDS_EACH})
  local record, privacy, partings, barred, friends, dirtyItems, dirtyNumbers, dirtyPairs =
    unpack(places, n * ${KEYS_EACH} - ${KEYS_EACH - 1}, n * ${KEYS_EACH})
  local is = redis.call('HGET', friends, id) or ''
  local settled = certain == '1' and redis.call('HEXISTS', dirtyPairs, id) == 0
    and redis.call('HEXISTS', dirtyPairs, bothEnds) == 0 and (redis.call('HGET', barred, id) or '') == barredJid
  if settled and is == friend then
    outcomes[n] = 0
  elseif settled and friend ~= '' and is == before and redis.call('HGET', record, 'state') == 'active'
    and redis.call('HEXISTS', partings, id) == 0 and redis.call('HEXISTS', privacy, 'chosen') + redis.call('EXISTS', barred) == 0
    and (held == '' or redis.call('HEXISTS', dirtyNumbers, held) == 0) then
    redis.call('HSET', friends, id, friend)
    redis.call('HSET', dirtyItems, jid, id .. ' ' .. stamp, formerJid, id .. ' ' .. stamp)
    redis.call('ZADD', dueRoster, dueAt, other)
    outcomes[n] = 2
  else
    redis.call('HSET', dirtyPairs, id, stamp)
    redis.call('ZADD', dueReconcile, 'LT', dueAt, other)
    outcomes[n] = 1
  end
end
return outcomes`,
});

/**
 * The other ends of a subscriber's pairs (decision 159). They are written only while nobody else
 * decides them: each end's own job has its pairs marked from before it reads anything until it has
 * written.
 */
export function createOtherEnds(redis: Redis, keys: Keys) {
  /** In the order in which the script takes them. */
  const placesOf = (id: string) => [
    keys.subscriber(id),
    keys.privacy(id),
    keys.partings(id),
    keys.barred(id),
    keys.friends(id),
    keys.dirtyItems(id),
    keys.dirtyNumbers(id),
    keys.dirtyPairs(id),
  ];

  return {
    /**
     * To be called after everything was read that the verdicts rest on. `certain`: false when each
     * end has to decide for itself in any case.
     */
    async bring(
      { id, jid }: Pick<Subscriber, 'id' | 'jid'>,
      ends: readonly OtherEnd[],
      certain: boolean,
      now: number,
    ): Promise<Brought> {
      const byId = new Map(ends.map((end) => [end.id, end]));
      const brought: Brought = { befriended: [], marked: [] };
      await Promise.all(
        [...byPartition([...byId.keys()]).values()].map(async (ids) => {
          const [first = ''] = ids;
          const outcomes = await BRING.run(
            redis,
            {
              dueReconcile: dueOf(keys, 'paired', first),
              dueRoster: dueOf(keys, 'befriended', first),
              places: ids.flatMap(placesOf),
            },
            {
              ...{ id, bothEnds: bothEndsOf(id), jid, stamp: newStamp(), dueAt: now + GRACE, certain: certain ? 1 : 0 },
              ends: ids.flatMap((other) => wordsOf(byId.get(other) as OtherEnd)),
            },
          );
          brought.marked.push(...ids.filter((_, i) => outcomes[i] === 1));
          brought.befriended.push(...ids.filter((_, i) => outcomes[i] === 2));
        }),
      );
      return brought;
    },
  };
}

function wordsOf({ id, friend, before, barred }: OtherEnd): (string | Buffer)[] {
  return [
    id,
    friend ? JSON.stringify(friend) : '',
    before ? JSON.stringify(before) : '',
    before?.jid ?? friend?.jid ?? '',
    barred ?? '',
    friend?.held === undefined ? '' : packNumberKey(friend.held),
  ];
}
