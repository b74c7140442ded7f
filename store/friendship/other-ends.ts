import type { Redis } from '../../runtime/redis/redis.ts';
import { type Change, NOW_PLAYING, TELL_AT } from '../base/events.ts';
import type { Keys } from '../base/keys.ts';
import { newStamp } from '../base/marks.ts';
import { byPartition, packNumberKey } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import { GRACE } from '../due/due.ts';
import { dueOf } from '../due/makes-due.ts';
import { NOTE_WATCHED, watchedKeys } from '../due/watched.ts';
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

const KEYS_EACH = 9;
const WORDS_EACH = 6;

/**
 * Brings the other ends of the pairs of `id` in line, all of one partition. An end that is right is
 * left alone. A friend who is new, or has another name, is written. In every other case the pair is
 * marked at that end, for its own job to decide: where a friendship ends or somebody is barred; where
 * the pair has a mark there already, as that end's job may be deciding from what was read before; and
 * where the end blocks anybody, as outlets are told its friends by name then (decision 267), or its
 * block came after this verdict. It is one step with the reading of those marks, as an end's own job
 * may begin at any moment.
 *
 * `ends`: for each end its id, the friend that it should have, the friend that was seen there, that
 * one's JID, the JID that it should bar, and the packed number by which its book holds the friend;
 * empty where there is none. `channels`: on which pages of each end hear of `change`, and that its tune is to be looked at.
 */
const BRING = defineScript({
  uses: [TELL_AT, NOTE_WATCHED],
  keys: ['dueReconcile', 'dueRoster'],
  keyList: 'places',
  args: ['id', 'bothEnds', 'jid', 'stamp', 'dueAt', 'certain', 'change'],
  lists: ['channels', 'ends'],
  reply: as<('right' | 'marked' | 'written')[]>,
  lua: `
local outcomes, due = {}, {}
for n = 1, #places / ${KEYS_EACH} do
  local other, friend, before, formerJid, barredJid, held =
    unpack(ends, n * ${WORDS_EACH} - ${WORDS_EACH - 1}, n * ${WORDS_EACH})
  local record, privacy, partings, barred, friends, dirtyItems, dirtyNumbers, dirtyPairs, blocked =
    unpack(places, n * ${KEYS_EACH} - ${KEYS_EACH - 1}, n * ${KEYS_EACH})
  local is = redis.call('HGET', friends, id) or ''
  local marks = redis.call('HMGET', dirtyPairs, id, bothEnds)
  local settled = certain == '1' and not marks[1] and not marks[2] and (redis.call('HGET', barred, id) or '') == barredJid
  if settled and is == friend then
    outcomes[n] = 'right'
  elseif settled and friend ~= '' and is == before and redis.call('HGET', record, 'state') == 'active'
    and redis.call('HEXISTS', partings, id) == 0 and redis.call('HEXISTS', privacy, 'chosen') + redis.call('EXISTS', blocked) == 0
    and (held == '' or redis.call('HEXISTS', dirtyNumbers, held) == 0) then
    redis.call('HSET', friends, id, friend)
    redis.call('HSET', dirtyItems, jid, id .. ' ' .. stamp, formerJid, id .. ' ' .. stamp)
    due[#due + 1] = dueAt
    due[#due + 1] = other
    noteWatched(other, dueAt)
    tellAt(channels[n], change)
    tellAt(channels[n], '${NOW_PLAYING}')
    outcomes[n] = 'written'
  else
    redis.call('HSET', dirtyPairs, id, stamp)
    redis.call('ZADD', dueReconcile, 'LT', dueAt, other)
    outcomes[n] = 'marked'
  end
end
if #due > 0 then redis.call('ZADD', dueRoster, unpack(due)) end
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
    keys.blocked(id),
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
              ...watchedKeys(keys, first),
              places: ids.flatMap(placesOf),
            },
            {
              ...{ id, bothEnds: bothEndsOf(id), jid, stamp: newStamp(), dueAt: now + GRACE, certain: certain ? 1 : 0 },
              ...{ change: JSON.stringify({ what: 'friends', id } satisfies Change), channels: ids.map(keys.events) },
              ends: ids.flatMap((other) => wordsOf(byId.get(other) as OtherEnd)),
            },
          );
          brought.marked.push(...ids.filter((_, i) => outcomes[i] === 'marked'));
          brought.befriended.push(...ids.filter((_, i) => outcomes[i] === 'written'));
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
