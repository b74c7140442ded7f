import { inBatches } from '../../runtime/batches.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { AFTER_ID, type Keys } from '../base/keys.ts';
import { PARTITIONS, partitionOf } from '../base/partitions.ts';
import { as, asYesEach, defineLua, defineScript, toFields } from '../base/script.ts';
import { SLICE } from '../base/slices.ts';
import { keysOf, type Numbers, type Subscriber, toSubscriber } from '../subscriber/subscriber-record.ts';
import { type Friend, toFriend } from './friends.ts';
import { blockFieldsOf } from './privacy.ts';

/** A pair, seen from `me`: what is asked is how it looks from the end of `who`. */
export type FarQuestion = { who: string; me: Pick<Numbers, 'numberKey' | 'numberKeys'> & { id: string } };

/**
 * What the far end of a pair brings, but for its book. `declines`: it has turned the near end down; `blocks`: by id or by number;
 * `friend`: the near end as it is among its friends.
 */
export type FarEnd = {
  record: Subscriber | undefined;
  discoverable: boolean;
  declines: boolean;
  blocks: boolean;
  friend: Friend | undefined;
};

/**
 * Lua: whether `who` blocks the near end whose names, by which it may be blocked, stand in `names` from one
 * position to another.
 */
const BLOCKS = defineLua({
  keys: ['own'],
  lua: `
local function blocks(who, names, from, to)
  local blocked = own .. who .. '${AFTER_ID.blocked}'
  if redis.call('EXISTS', blocked) == 0 then return false end
  for at = from, to do if redis.call('HEXISTS', blocked, names[at]) == 1 then return true end end
  return false
end`,
});

/** For each of `whos`, all of one partition: `mes` the near end's id, `spans` where its names begin and end. */
const FAR_ENDS = defineScript({
  uses: [BLOCKS],
  lists: ['whos', 'mes', 'spans', 'names'],
  reply: as<[record: string[], discoverable: string, declines: number, blocks: number, friend: string][]>,
  lua: `
local found = {}
for i, who in ipairs(whos) do
  local declined = redis.call('HGET', own .. who .. '${AFTER_ID.declined}', mes[i])
  found[i] = {
    redis.call('HGETALL', own .. who .. '${AFTER_ID.subscriber}'),
    redis.call('HGET', own .. who .. '${AFTER_ID.privacy}', 'discoverable') or '',
    (declined and declined ~= '') and 1 or 0,
    blocks(who, names, tonumber(spans[2 * i - 1]), tonumber(spans[2 * i])) and 1 or 0,
    redis.call('HGET', own .. who .. '${AFTER_ID.friends}', mes[i]) or '',
  }
end
return found`,
});

const WHO_BLOCKS = defineScript({
  uses: [BLOCKS],
  lists: ['whos', 'spans', 'names'],
  reply: asYesEach,
  lua: `
local found = {}
for i, who in ipairs(whos) do
  found[i] = blocks(who, names, tonumber(spans[2 * i - 1]), tonumber(spans[2 * i])) and 1 or 0
end
return found`,
});

/** How pairs look from their far ends: many of them with one script for each hash tag. */
export function createFarEnds(redis: Redis, keys: Keys) {
  /** Asks about slices of what is of one partition; the answers are in the order of the questions. */
  async function ask<Answer>(
    questions: readonly FarQuestion[],
    answer: (own: string, part: ReturnType<typeof toWords>) => Promise<readonly Answer[]>,
  ): Promise<Answer[]> {
    const answers = new Array<Answer>(questions.length);
    const parts = Array.from({ length: PARTITIONS }, (): number[] => []);
    for (const [position, { who }] of questions.entries()) parts[partitionOf(who)]?.push(position);
    await Promise.all(
      parts.flatMap((part, partition) =>
        inBatches(part, SLICE).map(async (positions) => {
          const some = positions.map((position) => questions[position] as FarQuestion);
          const found = await answer(keys.ownPart(partition), toWords(some));
          for (const [i, position] of positions.entries()) answers[position] = found[i] as Answer;
        }),
      ),
    );
    return answers;
  }

  return {
    /** In the order asked for. */
    async of(questions: readonly FarQuestion[]): Promise<FarEnd[]> {
      const found = await ask(questions, (own, words) => FAR_ENDS.run(redis, { own }, words));
      return found.map(([record, discoverable, declines, blocks, friend], i) => ({
        record: toSubscriber(questions[i]?.who ?? '', toFields(record)),
        discoverable: discoverable !== '0',
        declines: declines === 1,
        blocks: blocks === 1,
        friend: friend === '' ? undefined : toFriend(friend),
      }));
    },

    /** For each question, whether `who` blocks `me`. */
    async block(questions: readonly FarQuestion[]): Promise<boolean[]> {
      return ask(questions, (own, { whos, spans, names }) => WHO_BLOCKS.run(redis, { own }, { whos, spans, names }));
    },
  };
}

/** Each near end's names stand once, whoever is asked about it. */
function toWords(questions: readonly FarQuestion[]) {
  const names: string[] = [];
  const spanOf = new Map<string, [number, number]>();
  for (const { me } of questions) {
    if (spanOf.has(me.id)) continue;
    const own = blockFieldsOf({ id: me.id, numberKeys: keysOf(me) });
    spanOf.set(me.id, [names.length + 1, names.length + own.length]);
    names.push(...own);
  }
  return {
    whos: questions.map(({ who }) => who),
    mes: questions.map(({ me }) => me.id),
    spans: questions.flatMap(({ me }) => spanOf.get(me.id) ?? []),
    names,
  };
}
