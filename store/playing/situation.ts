import type { OutletName } from '../../domain/playing/outlets.ts';
import { ALONE, type Basis } from '../../domain/playing/showing.ts';
import type { Told } from '../../domain/playing/told.ts';
import type { Redis } from '../../runtime/redis.ts';
import type { Keys } from '../base/keys.ts';
import type { Marks } from '../base/marks.ts';
import { toPrivacyState } from '../friendship/privacy.ts';
import { type Subscriber, toSubscriber } from '../subscriber/subscriber-record.ts';
import { type PlayingState, toPlayingState } from './now-playing.ts';
import { toTold } from './told.ts';

/** All that decides what an outlet is to show of a subscriber, and what it was told. `partings`: who is being let go of. */
export type Situation = Basis & PlayingState & { subscriber: Subscriber; partings: Marks; told: Told };

/** Reads it at one moment, in one round trip, as it is all in the subscriber's partition. */
export function createSituations(redis: Redis, keys: Keys) {
  return {
    /** What decides what a friend is shown who is answered alone (see `visibleToFriend`). */
    async basis(id: string): Promise<Basis> {
      const batch = redis
        .multi()
        .hGet(keys.subscriber(id), 'state')
        .hGetAll(keys.playing(id))
        .hGetAll(keys.privacy(id));
      const [state, playing, privacy] = await batch.exec();
      return {
        state: (state ?? undefined) as Basis['state'],
        devices: toPlayingState(fields(playing)).devices,
        privacy: toPrivacyState(fields(privacy)).privacy,
        ...ALONE,
      };
    },

    /** Undefined when there is no such subscriber. */
    async read(id: string, outlet: OutletName): Promise<Situation | undefined> {
      const batch = redis
        .multi()
        .hGetAll(keys.subscriber(id))
        .hGetAll(keys.playing(id))
        .hGetAll(keys.privacy(id))
        .hGetAll(keys.partings(id))
        .exists(keys.barred(id))
        .hGetAll(keys.told(id, outlet));
      const [record, playing, privacy, partings, barred, told] = await batch.exec();
      const subscriber = toSubscriber(id, fields(record));
      if (!subscriber) return undefined;
      return {
        ...toPlayingState(fields(playing)),
        subscriber,
        state: subscriber.state,
        privacy: toPrivacyState(fields(privacy)).privacy,
        partings: fields(partings),
        parting: Object.keys(fields(partings)).length > 0,
        barred: Number(barred) > 0,
        told: toTold(fields(told)),
      };
    },
  };
}

function fields(reply: unknown): Record<string, string> {
  return reply as Record<string, string>;
}
