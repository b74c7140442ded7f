import { type OutletName, outletRow } from '../../domain/playing/outlets.ts';
import { ALONE, type Basis } from '../../domain/playing/showing.ts';
import type { Told } from '../../domain/playing/told.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { scanned } from '../base/hash-scan.ts';
import type { Keys } from '../base/keys.ts';
import type { Marks } from '../base/marks.ts';
import { readRecord } from '../base/record.ts';
import { as, defineScript, toFields } from '../base/script.ts';
import { GRACE } from '../due/due.ts';
import type { PrivacyFields } from '../friendship/privacy-fields.ts';
import {
  type Addressee,
  type Subscriber,
  type SubscriberState,
  toSubscriber,
} from '../subscriber/subscriber-record.ts';
import { type PlayingState, toPlayingState } from './now-playing.ts';
import { SITUATION, situationKeys } from './situation-script.ts';
import { toTold } from './told.ts';
import type { ToldHere } from './told-here.ts';

type Fields = Record<string, string>;

/** What decides what a friend is shown who is answered alone (see `visibleToFriend`). `subscriber`: undefined when there is none. */
export type OwnSituation = Basis & { subscriber: Subscriber | undefined };

/**
 * All that decides what an outlet is to show of a subscriber, and what it was told. `partings`: who is being let go of.
 * `undecided`: somebody was blocked, or no longer is, and the pair has still to be decided. `blockedAt`: when that was the last
 * time, in milliseconds since the epoch; 0 for never.
 */
export type Situation = Basis &
  PlayingState & { subscriber: Addressee; partings: Marks; undecided: boolean; blockedAt: number; told: Told };

/** At one moment, and one command where a MULTI takes five: each tune asks for it. */
const READ_OWN = defineScript({
  keys: ['record', 'playing', 'privacy'],
  reply: as<string[][]>,
  lua: `return { redis.call('HGETALL', record), redis.call('HGETALL', playing), redis.call('HGETALL', privacy) }`,
});

type Reply = [
  record: (string | null | false)[],
  playing: string[],
  privacy: string[],
  told: string[],
  there: [parting: number, barred: number, undecided: number],
  phoneNumber?: string,
];

/** The same, and what else an outlet has to know: with `byNumber`, one that shows people at their numbers. */
const READ = defineScript({
  uses: [SITUATION],
  keys: ['told'],
  args: ['byNumber'],
  reply: as<Reply>,
  lua: `
local found = situation(told)
if byNumber == '1' then found[#found + 1] = redis.call('HGET', record, 'phoneNumber') end
return found`,
});

/**
 * Milliseconds, by the clocks of both, for which what a wake has brought along may be acted on without
 * another look: consent that is withdrawn holds within a second.
 */
const FRESH = 250;

/** Reads it, as it is all in the subscriber's partition. */
export function createSituations(redis: Redis, keys: Keys, fields: PrivacyFields, toldHere: ToldHere) {
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
      const places = { ...situationKeys(keys, id), told: keys.told(id, outlet) };
      const byNumber = outletRow(outlet).address === 'phoneNumber';
      const found = toSituation(id, await READ.run(redis, places, { byNumber: byNumber ? 1 : 0 }));
      // Whoever joins them from now on has a job of its own.
      if (found?.parting) found.partings = await scanned(redis, keys.partings(id));
      return found;
    },

    /**
     * What `PLAY` has read and sent along with a wake. Undefined where it has to be read: it is too old, or from before what this
     * process has told the outlet itself, or does not say all.
     */
    brought(id: string, outlet: OutletName, text: string, now: number): Situation | undefined {
      const [reply, dueAt] = readRecord<[Reply, string]>(text, 'what plays and who may see it');
      if (Math.abs(now - (Number(dueAt) - GRACE)) > FRESH) return undefined;
      const found = toSituation(id, reply);
      if (!found || found.parting || found.told.state !== 'doubted') return undefined;
      return toldHere.mayBeNow(id, outlet, found.told.at) ? found : undefined;
    },
  };

  function toSituation(
    id: string,
    [record, playing, settings, told, there, phoneNumber]: Reply,
  ): Situation | undefined {
    const [state, jid, leavesHome] = record;
    if (!state || !jid) return undefined;
    const [parting, barred, undecided] = there;
    const privacy = toFields(settings);
    return {
      ...toPlayingState(toFields(playing)),
      subscriber: {
        ...{ id, jid, state: state as SubscriberState },
        ...(leavesHome ? { leavesHome } : {}),
        ...(phoneNumber ? { phoneNumber } : {}),
      },
      state: state as SubscriberState,
      privacy: fields.read(id, privacy).privacy,
      partings: {},
      parting: parting > 0,
      barred: barred > 0,
      undecided: undecided > 0,
      blockedAt: Number(privacy.blockedAt ?? 0),
      told: toTold(toFields(told)),
    };
  }
}
