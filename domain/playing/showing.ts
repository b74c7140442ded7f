import { type Audience, endOfPrivacy, inAudience, type Privacy, shares } from '../friendship/privacy.ts';
import { currentOf, type Playing } from './tune.ts';

/**
 * What is kept of a subscriber that decides what others are shown. `parting`: a friend is being let go of, whose
 * screen has to be cleared first (decision 50). `barred`: somebody may not see it who may be a contact,
 * or only look: whoever is blocked, subscriber or not.
 */
export type Basis = {
  state: 'pending' | 'active' | 'leaving' | undefined;
  devices: readonly Playing[];
  privacy: Privacy;
  parting: boolean;
  barred: boolean;
};

/** Where each friend is answered alone, no other has to be waited for. */
export const ALONE = { parting: false, barred: false };

/** The decision (decision 130). Times are milliseconds since the epoch. */
export type Showing = {
  /** What plays, whoever may see it. */
  playing: Playing | undefined;
  /** Who may see it; `nobody` also for as long as nothing is shared. */
  audience: Audience;
  parting: boolean;
  barred: boolean;
  /** Devices whose tune is over. */
  ranOut: readonly string[];
  /** When time alone may change the audience. */
  audienceUntil: number | undefined;
  /** When time alone may change any of it, and it has to be decided anew. */
  until: number | undefined;
};

/**
 * Whom an outlet shows what it is told. `each-friend`: those whom it lets see it, one by one, all at once. `everybody`:
 * whoever looks. `trusted`: a party that keeps to the audience itself.
 */
export type Reach = 'each-friend' | 'everybody' | 'trusted';

/** Milliseconds until it is looked at again whether those who part are gone. */
const PARTING = 3_000;

/** What is shown of a subscriber at `now`, to whom, and until when that holds. */
export function decideShowing({ state, devices, privacy, parting, barred }: Basis, now: number): Showing {
  const active = state === 'active';
  // Whether anything plays or not: the audience is to be let in again. Who leaves waits for no end of a private session.
  const privateEnd = active ? endOfPrivacy(privacy, now) : undefined;
  const audienceUntil = earliest([privateEnd, parting ? now + PARTING : undefined]);
  const [over, lasting] = [devices.filter(isOver), devices.filter((one) => !isOver(one))];
  return {
    playing: currentOf(devices, now),
    audience: active && shares(privacy, now) ? privacy.audience : 'nobody',
    parting,
    barred,
    ranOut: over.map(({ device }) => device),
    audienceUntil,
    until: earliest([audienceUntil, ...lasting.map(({ expiresAt }) => expiresAt)]),
  };

  function isOver({ expiresAt }: Playing): boolean {
    return expiresAt <= now;
  }
}

/** What an outlet with that reach is to show. */
export function visibleTo({ playing, audience, parting, barred }: Showing, reach: Reach): Playing | undefined {
  if (audience === 'nobody') return undefined;
  // It says itself who may see it.
  if (reach === 'trusted') return playing;
  if (reach === 'each-friend') return parting ? undefined : playing;
  // Who parts looks on, as whoever is no friend; from whom it is to be kept is barred in the step that parts them.
  return audience === 'friends' && !barred ? playing : undefined;
}

/**
 * What one friend is shown who is answered alone. `friend` is how the subscriber itself has the friend, in which groups
 * of its own book; undefined when it has no such friend.
 */
export function visibleToFriend(
  { playing, audience }: Showing,
  friend: { groups: readonly string[] } | undefined,
): Playing | undefined {
  return friend && inAudience(audience, friend.groups) ? playing : undefined;
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  return times.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined);
}
