import { workingHome } from '../../domain/account/homes.ts';
import { isAtHome, type MemoryQueue, type QueueName } from '../../runtime/queue/queue-table.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { AFTER_ID, type Keys } from '../base/keys.ts';
import { allPartitions, askSubscribers } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import { AGAIN } from './due.ts';
import { type Range, type WhereDue, whereDue } from './where-due.ts';

/**
 * Where there are several homes, each has a range of scores in a due list (decision 240). Whoever
 * makes somebody due writes the plain time as the score, and need not know the home. The component
 * that looks first reads the home from the record (see `workingHome`), and adds to the score `PART`
 * times the home's number, counted from 1. In that range only the component of that home looks.
 * Times before the year 2248 are below `PART`, and a hundred homes stay below 2^53, up to which a
 * score is exact.
 */
export const PART = 2 ** 43;

/**
 * Looks at those whose time has come. Those of the component's own home are put off and returned.
 * Those of another home are moved into its range, and its component is woken. Those in a range
 * beyond the last home's, as that home exists no more, get their plain time again. Whoever has no
 * record is taken by any component, which only has to settle the due time; whoever's host is no home
 * is put off and taken by none. In one step, as other components look at the same list. `hosts`: of
 * all homes; none where there is one, which has everybody.
 */
const TAKE = defineScript({
  keys: ['due'],
  args: ['own', 'host', 'now', 'again', 'most', 'wakes'],
  lists: ['hosts'],
  reply: as<string[]>,
  lua: `
local PART, parts, taken = ${PART}, {}, {}
for i, one in ipairs(hosts) do parts[one] = i * PART end
local mine = parts[host] or 0
local function written(time) return string.format('%.0f', time) end
local function put(id, part, time) redis.call('ZADD', due, written(part + time), id) end
local function between(least, latest)
  local room = tonumber(most) - #taken
  return room > 0 and redis.call('ZRANGEBYSCORE', due, written(least), latest, 'LIMIT', 0, room) or {}
end
local function hostOf(id)
  if #hosts == 0 then return host end
  local place = redis.call('HMGET', own .. id .. '${AFTER_ID.subscriber}', 'leavesHome', 'jid')
  return place[1] or place[2] and string.match(place[2], '[^@]*$') or host
end
local function look(id)
  local at = hostOf(id)
  if at == host then
    put(id, mine, again)
    taken[#taken + 1] = id
  elseif parts[at] then
    put(id, parts[at], now)
    redis.call('PUBLISH', wakes .. at, id)
  else
    put(id, 0, again)
  end
end
for _, id in ipairs(between((#hosts + 1) * PART, '+inf')) do put(id, 0, now) end
if mine > 0 then
  for _, id in ipairs(between(mine, written(mine + now))) do look(id) end
end
for _, id in ipairs(between(0, now)) do look(id) end
return taken`,
});

/** The due lists of queues whose jobs are in memory, as their process looks at them; `host`: of its home, which counts where each home has a process. */
export function createDueAtHome(redis: Redis, keys: Keys) {
  const { hosts } = keys;

  /** Up to `most` of one list, of those whose JID is of that host, or who have none any more; of all without a host. */
  async function underWayIn(due: string, host: string | undefined, latest: number, most: number): Promise<string[]> {
    const from = (part: number) => redis.zRangeByScore(due, part, part + latest, { LIMIT: { offset: 0, count: most } });
    const all = from(0);
    if (host === undefined || hosts.length === 0) return all;
    const [own, unseen] = await Promise.all([from(PART * (hosts.indexOf(host) + 1)), all]);
    const homes = await homesOf(redis, keys, unseen);
    return [...own, ...unseen.filter((_, i) => (homes[i] ?? host) === host)];
  }

  /** All scores at which `TAKE` looks. `homes`: the hosts that it is given. */
  function rangesOfTake(homes: readonly string[], host: string, now: number): Range[] {
    const own = homes.indexOf(host) + 1;
    const beyond = (homes.length + 1) * PART;
    return [[0, now], [beyond, '+inf'], ...(own > 0 ? [[own * PART, own * PART + now] as const] : [])];
  }

  /** The due lists of a queue, of each partition, and in each the range of scores of a home. */
  function rangesOf(queue: QueueName): { due: string; from: number; to: number }[] {
    return allPartitions().flatMap((partition) =>
      ['', ...hosts].map((_, home) => ({
        ...{ due: keys.duePart(queue, partition), from: home * PART, to: (home + 1) * PART - 1 },
      })),
    );
  }

  /** The first of each range, in the order of their times; with their scores. */
  async function firstOf(queue: QueueName, count: number): Promise<{ value: string; score: number }[]> {
    const first = { BY: 'SCORE', LIMIT: { offset: 0, count } } as const;
    const found = rangesOf(queue).map(({ due, from, to }) => redis.zRangeWithScores(due, from, to, first));
    return (await Promise.all(found)).flat();
  }

  return {
    /** For how many milliseconds somebody has been due who was not looked at, at whichever home; 0 where nobody waits. */
    async overdue(queue: QueueName, now: number): Promise<number> {
      const since = (await firstOf(queue, 1)).map(({ score }) => timeOf(score));
      return Math.max(0, now - Math.min(...since, now));
    },

    /** How many are to be looked at after that time, at whichever home. */
    async later(queue: QueueName, time: number): Promise<number> {
      const counts = rangesOf(queue).map(({ due, from, to }) => redis.zCount(due, `(${from + time}`, to));
      return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    },

    /** Who has waited the longest, up to `most` of each partition and home, and since when, or until when, in milliseconds since the epoch. */
    async first(queue: QueueName, most: number): Promise<{ id: string; dueAt: number }[]> {
      return (await firstOf(queue, most)).map(({ value, score }) => ({ id: value, dueAt: timeOf(score) }));
    },

    /** Where in these queues, of one process, `take` has something to do. */
    where(queues: readonly MemoryQueue[], host: string, now: number): Promise<WhereDue> {
      return whereDue(redis, keys, queues, rangesOfTake(queues.every(isAtHome) ? hosts : [], host, now));
    },

    /** Subscribers whose time has come, up to `most` of each of these partitions; each is given to one caller only, for ten seconds. */
    async take(
      queue: MemoryQueue,
      host: string,
      now: number,
      most: number,
      partitions: readonly number[] = allPartitions(),
    ): Promise<string[]> {
      const homes = isAtHome(queue) ? hosts : [];
      const args = { host, now, again: now + AGAIN, most, wakes: keys.wakes(queue, ''), hosts: homes };
      const parts = partitions.map((partition) =>
        TAKE.run(redis, { due: keys.duePart(queue, partition) }, { ...args, own: keys.ownPart(partition) }),
      );
      return (await Promise.all(parts)).flat();
    },

    /**
     * Who may have been asked for and not be done yet: all whose time has come or comes before a sweep would look again, up
     * to `most` of each partition. For whoever begins, and has not heard what was asked.
     */
    async underWay(queue: MemoryQueue, host: string, now: number, most: number): Promise<string[]> {
      const looks = allPartitions().map((partition) =>
        underWayIn(keys.duePart(queue, partition), isAtHome(queue) ? host : undefined, now + AGAIN, most),
      );
      return (await Promise.all(looks)).flat();
    },
  };
}

/** The time of a score, at whichever home. */
export function timeOf(score: number): number {
  return score % PART;
}

/** The host whose component works for each of them; undefined for whoever is not there. */
export async function homesOf(redis: Redis, keys: Keys, ids: readonly string[]): Promise<(string | undefined)[]> {
  const found = await askSubscribers(redis, ids, (batch, id) =>
    batch.hmGet(keys.subscriber(id), ['jid', 'leavesHome']),
  );
  return (found as (string | null)[][]).map(([jid, leavesHome]) =>
    jid ? workingHome({ jid, ...(leavesHome && { leavesHome }) }) : undefined,
  );
}
