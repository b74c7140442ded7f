import { ALONE, type Basis } from '../../domain/playing/showing.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import type { Keys } from '../base/keys.ts';
import { readRecord } from '../base/record.ts';
import { as, defineScript, toFields } from '../base/script.ts';
import type { Friend } from '../friendship/friends.ts';
import { isNamed } from '../friendship/privacy.ts';
import type { PrivacyFields } from '../friendship/privacy-fields.ts';
import { type Subscriber, toSubscriber } from '../subscriber/subscriber-record.ts';
import { toPlayingState } from './now-playing.ts';

/**
 * What decides what those who look are shown of a subscriber, all of one moment. `avatar`: the SHA-1
 * in hexadecimal of the picture that its account publishes. `friends`: for each who looks, how the
 * subscriber itself has it; undefined when it has no such friend, or is about to block it.
 */
export type Sight = Basis & {
  subscriber: Subscriber | undefined;
  avatar: string | undefined;
  friends: (Pick<Friend, 'groups'> | undefined)[];
};

type Reply = [
  record: string[],
  playing: string[],
  privacy: string[],
  avatar: (string | null)[],
  blocking: string[],
  friends: (string | null)[],
];

/**
 * Reads it in one step, however many look: a tune that was stored after a change of consent is never
 * read with the consent of before. `blocking`: who is blocked, or no longer is, and whose pair has
 * still to be decided.
 */
const READ = defineScript({
  keys: ['record', 'playing', 'privacy', 'avatar', 'dirtyBlocked', 'friends'],
  lists: ['onlookers'],
  reply: as<Reply>,
  lua: `
return {
  redis.call('HGETALL', record),
  redis.call('HGETALL', playing),
  redis.call('HGETALL', privacy),
  redis.call('HMGET', avatar, 'jid', 'hash'),
  redis.call('HKEYS', dirtyBlocked),
  #onlookers > 0 and redis.call('HMGET', friends, unpack(onlookers)) or {},
}`,
});

export type Sights = ReturnType<typeof createSights>;

/** What is seen of a subscriber by those who follow it: one question for all of them. */
export function createSights(redis: Redis, keys: Keys, fields: PrivacyFields) {
  return {
    /** `onlookers`: at most `SLICE` ids. */
    async read(id: string, onlookers: readonly string[]): Promise<Sight> {
      const [record, playing, privacy, [jid, hash], blocking, friends] = await READ.run(
        redis,
        {
          record: keys.subscriber(id),
          playing: keys.playing(id),
          privacy: keys.privacy(id),
          avatar: keys.avatar(id),
          dirtyBlocked: keys.dirtyBlocked(id),
          friends: keys.friends(id),
        },
        { onlookers },
      );
      const subscriber = toSubscriber(id, toFields(record));
      const undecided = new Set(blocking);
      return {
        subscriber,
        state: subscriber?.state,
        devices: toPlayingState(toFields(playing)).devices,
        privacy: fields.read(id, toFields(privacy)).privacy,
        ...ALONE,
        avatar: subscriber && jid === subscriber.jid && hash ? hash : undefined,
        friends: friends.map((json) => {
          const friend = json ? readRecord<Friend>(json, 'a friend') : undefined;
          return friend && !isNamed(undecided, friend) ? friend : undefined;
        }),
      };
    },
  };
}
