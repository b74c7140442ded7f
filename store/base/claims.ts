import type { Redis } from '../../runtime/redis.ts';
import { clearOne } from './marks.ts';
import { as, asYes, defineScript } from './script.ts';

/** Writes the owner unless there is another; in one step, so that one of two gets it. */
const CLAIM = defineScript({
  keys: ['owners'],
  args: ['field', 'owner'],
  reply: asYes,
  lua: `
local present = redis.call('HGET', owners, field)
if not present then redis.call('HSET', owners, field, owner) end
return (not present or present == owner) and 1 or 0`,
});

/** One field of a hash that belongs to one subscriber at a time: a number, or a JID. */
export type Claimed = { key: string; field: string | Buffer };

/** True when the field is the subscriber's now, or was before. */
export async function claim(redis: Redis, { key, field }: Claimed, index: number): Promise<boolean> {
  return CLAIM.run(redis, { owners: key }, { field, owner: index });
}

/** As `CLAIM`, for many fields in the same slot: 1 for each that is its owner's now. */
const CLAIM_MANY = defineScript({
  keyList: 'hashes',
  lists: ['fields', 'owners'],
  reply: as<number[]>,
  lua: `
local outcome = {}
for i, hash in ipairs(hashes) do
  local present = redis.call('HGET', hash, fields[i])
  if not present then redis.call('HSET', hash, fields[i], owners[i]) end
  outcome[i] = (not present or present == owners[i]) and 1 or 0
end
return outcome`,
});

/** As `claim`, for many fields, each for its subscriber: with one call for each hash tag. */
export async function claimMany(
  redis: Redis,
  claims: readonly { place: Claimed; index: number }[],
): Promise<boolean[]> {
  const outcome = new Array<boolean>(claims.length).fill(false);
  const parts = new Map<string, number[]>();
  for (const [position, { place }] of claims.entries()) {
    const tag = place.key.slice(0, place.key.indexOf('}'));
    const part = parts.get(tag);
    if (part) part.push(position);
    else parts.set(tag, [position]);
  }
  await Promise.all(
    [...parts.values()].map(async (positions) => {
      const part = positions.flatMap((position) => claims[position] ?? []);
      const [hashes, fields] = [part.map(({ place }) => place.key), part.map(({ place }) => place.field)];
      const replies = await CLAIM_MANY.run(redis, { hashes }, { fields, owners: part.map(({ index }) => index) });
      for (const [i, position] of positions.entries()) outcome[position] = replies[i] === 1;
    }),
  );
  return outcome;
}

/** Frees the field unless it is somebody else's by now, so it can be done twice. */
export async function release(redis: Redis, { key, field }: Claimed, index: number): Promise<void> {
  await clearOne(redis, key, field, `${index}`);
}
