import type { Redis } from '../../runtime/redis/redis.ts';
import { type Claimed, release } from '../base/claims.ts';
import type { Interned } from '../base/interned.ts';
import type { Keys } from '../base/keys.ts';
import type { createIdentity, Named, Wanted } from './identity.ts';
import { jidPlace, numberPlace } from './places.ts';
import { keysOf, type Subscriber, toSubscriber } from './subscriber-record.ts';

/** What is in the way of somebody who wants a number or a JID. `holder`: who is coming, going, or changing. */
export type Obstacle = 'number-taken' | 'jid-taken' | { holder: Subscriber | undefined } | undefined;

type Place = Claimed & {
  taken: 'number-taken' | 'jid-taken';
  named: Named;
  isOf: (record: Subscriber) => boolean;
};

/**
 * Looks at who holds what a claim was refused for. Only an active subscriber whose record names it has it; anything
 * else passes: a change under way, somebody who is leaving, or a claim that outlived its process, which is given back here.
 */
export function createObstacles(
  redis: Redis,
  interned: Interned,
  identity: ReturnType<typeof createIdentity>,
  keys: Keys,
) {
  function placesOf({ numbers, jid }: Wanted): Place[] {
    return [
      ...keysOf(numbers).map((key) => ({
        ...numberPlace(keys, key),
        taken: 'number-taken' as const,
        named: { numberKeys: [key] },
        isOf: (record: Subscriber) => keysOf(record).includes(key),
      })),
      {
        ...jidPlace(keys, jid),
        taken: 'jid-taken',
        named: { numberKeys: [], jid },
        isOf: (record) => record.jid === jid,
      },
    ];
  }

  /** Undefined when nothing is in the way any more. */
  async function lookAt(place: Place, id: string, now: number): Promise<Obstacle> {
    const index = await redis.hGet(place.key, place.field);
    if (index === null) return undefined;
    const [holderId] = await interned.idsOf([Number(index)]);
    // Integers are never given twice: a claim of somebody who is forgotten is nobody's for ever.
    if (holderId === undefined) await release(redis, place, Number(index));
    if (holderId === undefined || holderId === id) return undefined;
    const holder = toSubscriber(holderId, await redis.hGetAll(keys.subscriber(holderId)));
    if (holder?.state !== 'active') return { holder };
    if (place.isOf(holder)) return place.taken;
    await identity.giveBack(holderId, place.named, now);
    return { holder };
  }

  return async (id: string, wanted: Wanted, now: number): Promise<Obstacle> => {
    let passing: Obstacle;
    for (const place of placesOf(wanted)) {
      const obstacle = await lookAt(place, id, now);
      if (typeof obstacle === 'string') return obstacle;
      passing ??= obstacle;
    }
    return passing;
  };
}
