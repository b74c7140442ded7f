import type { OutletName } from '../../domain/playing/outlets.ts';
import { ALONE, type Basis } from '../../domain/playing/showing.ts';
import type { Told } from '../../domain/playing/told.ts';
import type { Redis } from '../../runtime/redis.ts';
import { scanned } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import type { Marks } from '../base/marks.ts';
import { as, defineScript, toFields } from '../base/script.ts';
import type { PrivacyFields } from '../friendship/privacy-fields.ts';
import { type Subscriber, toSubscriber } from '../subscriber/subscriber-record.ts';
import { type PlayingState, toPlayingState } from './now-playing.ts';
import { toTold } from './told.ts';

type Fields = Record<string, string>;

/** What decides what a friend is shown who is answered alone (see `visibleToFriend`). `subscriber`: undefined when there is none. */
export type OwnSituation = Basis & { subscriber: Subscriber | undefined };

/** All that decides what an outlet is to show of a subscriber, and what it was told. `partings`: who is being let go of. */
export type Situation = Basis & PlayingState & { subscriber: Subscriber; partings: Marks; told: Told };

/** At one moment, and one command where a MULTI takes five: each tune asks for it. */
const READ_OWN = defineScript({
  keys: ['record', 'playing', 'privacy'],
  reply: as<string[][]>,
  lua: `return { redis.call('HGETALL', record), redis.call('HGETALL', playing), redis.call('HGETALL', privacy) }`,
});

/**
 * The same, and what else an outlet has to know. Whether somebody is parting or barred, and not who: strangers decide
 * how many these are.
 */
const READ = defineScript({
  keys: ['record', 'playing', 'privacy', 'partings', 'told', 'barred'],
  reply: as<[hashes: string[][], parting: number, barred: number]>,
  lua: `
local hashes = {}
for i, key in ipairs({ record, playing, privacy, told }) do hashes[i] = redis.call('HGETALL', key) end
return { hashes, redis.call('EXISTS', partings), redis.call('EXISTS', barred) }`,
});

/** Reads it, as it is all in the subscriber's partition. */
export function createSituations(redis: Redis, keys: Keys, fields: PrivacyFields) {
  const ownKeys = (id: string) => ({
    record: keys.subscriber(id),
    playing: keys.playing(id),
    privacy: keys.privacy(id),
  });

  return {
    async own(id: string): Promise<OwnSituation> {
      const [record, playing, privacy] = (await READ_OWN.run(redis, ownKeys(id), {})).map(toFields) as [
        Fields,
        Fields,
        Fields,
      ];
      const subscriber = toSubscriber(id, record);
      return {
        subscriber,
        state: subscriber?.state,
        devices: toPlayingState(playing).devices,
        privacy: fields.read(id, privacy).privacy,
        ...ALONE,
      };
    },

    /** Undefined when there is no such subscriber. */
    async read(id: string, outlet: OutletName): Promise<Situation | undefined> {
      const more = { partings: keys.partings(id), told: keys.told(id, outlet), barred: keys.barred(id) };
      const [hashes, parting, barred] = await READ.run(redis, { ...ownKeys(id), ...more }, {});
      const [record, playing, privacy, told] = hashes.map(toFields) as [Fields, Fields, Fields, Fields];
      const subscriber = toSubscriber(id, record);
      if (!subscriber) return undefined;
      return {
        ...toPlayingState(playing),
        subscriber,
        state: subscriber.state,
        privacy: fields.read(id, privacy).privacy,
        // Whoever joins them from now on has a job of its own.
        partings: parting > 0 ? await scanned(redis, keys.partings(id)) : {},
        parting: parting > 0,
        barred: barred > 0,
        told: toTold(told),
      };
    },
  };
}
