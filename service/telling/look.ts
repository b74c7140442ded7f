import { type Grant, numbersWithin, reachOf } from '../../domain/access/grant.ts';
import type { Privacy } from '../../domain/friendship/privacy.ts';
import { decideShowing, visibleTo } from '../../domain/playing/showing.ts';
import { beganAt, fingerprint, type Playing } from '../../domain/playing/tune.ts';
import type { Known } from '../../domain/subscription/known.ts';
import type { KeyedHash } from '../../runtime/secret/keyed-hash.ts';
import type { Stores } from '../../store/stores.ts';
import { phoneNumbersOf } from '../../store/subscriber/subscriber-record.ts';

/** What a sink may know of a subscriber at this moment. */
export type Present = {
  known: Known;
  numbers: string[];
  /** Whether the owner reaches all of its numbers (decision 105). */
  whole: boolean;
  privacy: Privacy;
  playing: Playing | undefined;
  /** What is noted where the same tune was told for more people than it is for now. */
  wider: readonly string[];
  /** When time alone changes any of it, in milliseconds since the epoch. */
  until: number | undefined;
};

/** Whom a tune is for, from the fewest to all; which groups these are is the subscriber's own business. `nobody`: it is not told. */
const AUDIENCES = ['nobody', 'groups', 'friends'] as const;

/** Characters of a fingerprint: 72 bits. */
const FINGERPRINT = 12;

export type Look = {
  /** Undefined for who is not there, or has no number in the ranges. */
  (id: string, now: number): Promise<Present | undefined>;
  /** Those of many who may have one there, by a small read of each: whoever goes through everybody asks this first. */
  among(ids: readonly string[]): Promise<readonly string[]>;
};

/** Looks at subscribers for the owner of one subscription: what it may know of each, friends apart. */
export function createLook(stores: Stores, keyedHash: KeyedHash, { ranges }: Pick<Grant, 'ranges'>): Look {
  const hashOf = (text: string) => (text === '' ? '' : keyedHash('told a sink', text).slice(0, FINGERPRINT));

  async function look(id: string, now: number): Promise<Present | undefined> {
    const situation = await stores.situations.own(id);
    const { subscriber, privacy } = situation;
    if (subscriber?.state !== 'active') return undefined;
    const all = phoneNumbersOf(subscriber);
    const numbers = numbersWithin({ ranges }, all);
    if (numbers.length === 0) return undefined;
    const whole = reachOf({ ranges }, all) === 'whole';
    const showing = decideShowing(situation, now);
    const playing = whole ? visibleTo(showing, 'trusted') : undefined;
    const audience = audienceOf(privacy);
    const tuneFor = (whom: Whom) =>
      playing ? hashOf(JSON.stringify([fingerprint(playing.tune), beganAt(playing), whom])) : '';
    return {
      known: {
        numbers: hashOf(JSON.stringify([numbers, whole])),
        consent: whole ? hashOf(JSON.stringify(presentPrivacy(privacy, now))) : '',
        tune: tuneFor(audience),
      },
      wider: playing ? AUDIENCES.slice(AUDIENCES.indexOf(audience) + 1).map(tuneFor) : [],
      numbers,
      whole,
      privacy,
      playing,
      until: earliest(showing.until, endOf(privacy, now)),
    };
  }

  return Object.assign(look, {
    async among(ids: readonly string[]) {
      if (ranges.length === 0) return ids;
      const numbers = await stores.subscribers.numbersOfMany(ids);
      return ids.filter((_, i) => numbersWithin({ ranges }, numbers[i] ?? []).length > 0);
    },
  });
}

type Whom = (typeof AUDIENCES)[number];

export function audienceOf({ audience }: Pick<Privacy, 'audience'>): Whom {
  return typeof audience === 'string' ? audience : 'groups';
}

/** The subscriber's own settings. A private session that is over is none. */
export function presentPrivacy(privacy: Privacy, now: number): Privacy {
  const { discoverable, audience, privateUntil } = privacy;
  return { discoverable, audience, privateUntil: endOf(privacy, now) === undefined ? null : privateUntil };
}

/** Of a private session, whether or not anything is shared after it. */
function endOf({ privateUntil }: Privacy, now: number): number | undefined {
  return privateUntil !== null && privateUntil > now ? privateUntil : undefined;
}

function earliest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
