import { type Grant, reachOf } from '../../domain/access/grant.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { seal, unseal } from '../../runtime/secret/sealing.ts';
import type { Keys } from '../base/keys.ts';
import { allPartitions } from '../base/partitions.ts';
import { as, defineScript } from '../base/script.ts';
import { GONE_KNOWN } from './changed-script.ts';
import { type Numbers, phoneNumbersOf } from './subscriber-record.ts';

export type Gone = ReturnType<typeof createGone>;

/** A credential, as far as it matters here. */
export type Owner = Grant & { id: string };

/** A place among those who are gone from one partition. `which`: how what is sealed begins, empty before the first. */
export type GonePlace = { second: number; which: string };

/** Somebody at such a place. `owners`: the credentials with ranges that could see it; no `id` where the operator's key of secrets is another now. */
export type GoneOne = { place: GonePlace; id: string | undefined; owners: readonly string[] };

const PURPOSE = 'id of somebody who is gone';
/** Characters by which sealed texts differ: their nonces. */
const WHICH = 16;

/** The next `most` of those who went at `since` or later; each with its second after it. */
const READ = defineScript({
  keys: ['gone'],
  args: ['since', 'second', 'which', 'most'],
  reply: as<string[]>,
  lua: `
since, second, most = tonumber(since), tonumber(second), tonumber(most)
-- By bytes, in whose order the set has them; < goes by the language that Redis was started in.
local function isUpToWhich(one)
  for i = 1, ${WHICH} do
    local its, other = string.byte(one, i) or -1, string.byte(which, i) or -1
    if its ~= other then return its < other end
  end
  return true
end
local found, offset, from = {}, 0, string.format('%.0f', math.max(since, second))
repeat
  local page = redis.call('ZRANGEBYSCORE', gone, from, '+inf', 'WITHSCORES', 'LIMIT', offset, most)
  for i = 1, #page, 2 do
    local isBefore = tonumber(page[i + 1]) == second and isUpToWhich(page[i])
    if not isBefore and #found < 2 * most then
      found[#found + 1] = page[i]
      found[#found + 1] = page[i + 1]
    end
  end
  offset = offset + #page / 2
until #page == 0 or #found >= 2 * most
return found`,
});

// By the clock alone: what it said while it was ahead would forget who has just gone, long after it was set right.
const FORGET = defineScript({
  keys: ['gone'],
  lua: `redis.call('ZREMRANGEBYSCORE', gone, '-inf', tonumber(redis.call('TIME')[1]) - ${GONE_KNOWN})`,
});

/**
 * Who is not to be seen any more, for 31 days: sorted set `gone` of each partition (the id, sealed, and the ids of the credentials with
 * ranges that could see all of it → second since the epoch, as for `changes`). Of numbers nothing is kept. `living`: every credential that
 * opens something now.
 */
export function createGone(redis: Redis, living: () => Promise<Owner[]>, secretsKey: Buffer, keys: Keys) {
  /** Those with ranges that may ask; who has none sees everybody. */
  const owners = async () =>
    (await living()).filter(({ ranges, scopes }) => ranges.length > 0 && scopes.includes('subscribers:read'));

  const farewellOf = (id: string, those: readonly Owner[]) =>
    [seal(secretsKey, PURPOSE, id), ...those.map((one) => one.id)].join(' ');

  return {
    /** What is to be noted of somebody who is forgotten. */
    async farewell(id: string, numbers: Numbers): Promise<string> {
      return farewellOf(id, (await owners()).filter(sees(numbers)));
    },

    /** What is to be noted of somebody who goes on under other numbers: undefined where it is out of nobody's sight. */
    async farewellTo(id: string, before: Numbers, after: Numbers): Promise<string | undefined> {
      // All that could see it before can still, and nobody has to be looked for.
      if (phoneNumbersOf(after).every((number) => phoneNumbersOf(before).includes(number))) return undefined;
      const blind = (await owners()).filter((one) => sees(before)(one) && !sees(after)(one));
      return blind.length > 0 ? farewellOf(id, blind) : undefined;
    },

    /** Those who are gone from a partition at `since` or later (seconds since the epoch), after that place; there are no more where it is fewer than `most`. */
    async after(partition: number, { second, which }: GonePlace, since: number, most: number): Promise<GoneOne[]> {
      const found = await READ.run(redis, { gone: keys.gone(partition) }, { since, second, which, most });
      return Array.from({ length: found.length / 2 }, (_, i) => {
        const [text = '', at = '0'] = found.slice(2 * i, 2 * i + 2);
        const [sealed = '', ...owners] = text.split(' ');
        const place = { second: Number(at), which: text.slice(0, WHICH) };
        return { place, id: unseal(secretsKey, PURPOSE, sealed), owners };
      });
    },

    /** Forgets those who have been gone for longer than anybody is told of it. */
    async forget(): Promise<void> {
      const parts = allPartitions().map((partition) => FORGET.run(redis, { gone: keys.gone(partition) }, {}));
      await Promise.all(parts);
    },
  };
}

/** Whether a credential's ranges hold all of these numbers. */
function sees(numbers: Numbers): (owner: Owner) => boolean {
  return (owner) => reachOf(owner, phoneNumbersOf(numbers)) === 'whole';
}
