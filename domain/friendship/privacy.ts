/** Who may see a subscriber's tune: all friends, nobody, or those whom the subscriber's own book puts in one of the groups. */
export type Audience = 'friends' | 'nobody' | { groups: readonly string[] };

/**
 * A subscriber's own settings, except whom it blocks. `privateUntil`: milliseconds since the epoch. `suspended`: the carrier has said
 * that the line is; no setting of the subscriber's, and none that it could change.
 */
export type Privacy = { discoverable: boolean; audience: Audience; privateUntil: number | null; suspended?: true };

/** What holds for who has never said anything and whose operator vouches for the consent. */
export const OPEN: Privacy = { discoverable: true, audience: 'friends', privateUntil: null };

/** The most groups that a subscriber can share with. */
export const MOST_GROUPS = 100;
/** The most people whom a subscriber can block. */
export const MOST_BLOCKED = 1_000;
/** Numbers that a subscriber can come to block in a day (UTC), whom it blocks already not counted (decision 269). */
export const MOST_NEWLY_BLOCKED = 2_000;

/** Whether anybody at all may see the tune at `now`. Who cannot be found has no friends, and shows nothing; nor does a suspended line. */
export function shares({ discoverable, audience, privateUntil, suspended }: Privacy, now: number): boolean {
  return !suspended && discoverable && audience !== 'nobody' && (privateUntil === null || privateUntil <= now);
}

/**
 * Whether a friend may see at `now` what plays, whatever that is: what is popular asks it of histories. For what plays now see
 * `domain/playing/showing`, which says the same. `friend` is how the subscriber
 * itself has the friend, in which groups of its own book; undefined when it has no such friend.
 */
export function maySee(privacy: Privacy, friend: { groups: readonly string[] } | undefined, now: number): boolean {
  return friend !== undefined && shares(privacy, now) && inAudience(privacy.audience, friend.groups);
}

/** Whether the audience takes in a friend who stands in these groups. */
export function inAudience(audience: Audience, groups: readonly string[]): boolean {
  if (typeof audience === 'string') return audience === 'friends';
  return audience.groups.some((group) => groups.includes(group));
}

/** When a private session ends that is all that keeps the tune from being shown; undefined when there is none. */
export function endOfPrivacy(privacy: Privacy, now: number): number | undefined {
  const { privateUntil } = privacy;
  if (privateUntil === null || privateUntil <= now) return undefined;
  return shares(privacy, privateUntil) ? privateUntil : undefined;
}
