/** What somebody has settled and plays, as far as it was acknowledged or is on its way. */
export type State = {
  /** Telephone numbers (E.164). */
  book: ReadonlySet<string>;
  hidden: boolean;
  /** Subscriber ids. */
  blocks: ReadonlySet<string>;
  /** Subscriber ids of friends whom the user has deleted, until their numbers leave the book. */
  noTo: ReadonlySet<string>;
  /** Nobody is shown what plays. */
  inPrivate: boolean;
  /** `ends`: milliseconds since the epoch. */
  plays?: { title: string; ends: number };
};

/** A subscriber. `next`: what is true as well while a call that changes it has no answer yet. */
export type Modelled = { id: string; phoneNumber: string; now: State; next?: State };

export const NEWCOMER: State = { book: new Set(), hidden: false, blocks: new Set(), noTo: new Set(), inPrivate: false };
/** Who is erased has no friends, whoever holds the number. */
export const ERASED: State = { ...NEWCOMER, hidden: true };

type As<Who> = readonly [who: Who, state: State];

/** The policy `mutual`, and consent. */
function areFriends<Who extends Modelled>([a, as]: As<Who>, [b, bs]: As<Who>): boolean {
  if (a === b || as.hidden || bs.hidden || as.blocks.has(b.id) || bs.blocks.has(a.id)) return false;
  if (as.noTo.has(b.id) || bs.noTo.has(a.id)) return false;
  return as.book.has(b.phoneNumber) && bs.book.has(a.phoneNumber);
}

/** While no call is under way. */
export function friendsOf<Who extends Modelled>(all: readonly Who[], one: Who): Who[] {
  return all.filter((other) => areFriends([one, one.now], [other, other.now]));
}

/** What friends see of it at that time. */
export function shownOf({ now }: Modelled, time: number): string | undefined {
  const { plays, inPrivate } = now;
  return plays && !inPrivate && plays.ends > time ? plays.title : undefined;
}

/**
 * Which titles each subscriber may have seen. What someone plays is kept from others by its own consent at once; of who is a friend
 * no longer the rosters are told a little later, and who becomes one may see the title before the last. With calls under way each of
 * their outcomes counts.
 */
export function createLeave() {
  const allowed = new Map<string, Set<string>>();
  /** Since everything was settled: `from to`, who have been friends; by subscriber, what each has played. */
  let friends = new Set<string>();
  let played = new Map<string, Set<string>>();

  function noteOf<Who extends Modelled>(a: Who, b: Who): void {
    const pair = `${a.id} ${b.id}`;
    const titles = allowed.get(b.id) ?? new Set();
    allowed.set(b.id, titles);
    for (const as of statesOf(a)) {
      if (statesOf(b).some((bs) => areFriends([a, as], [b, bs]))) friends.add(pair);
      if (as.inPrivate || as.hidden || as.blocks.has(b.id) || !friends.has(pair)) continue;
      for (const title of played.get(a.id) ?? []) titles.add(title);
    }
  }

  function notePlayed(one: Modelled): void {
    const titles = played.get(one.id) ?? new Set();
    for (const { plays } of statesOf(one)) if (plays) titles.add(plays.title);
    played.set(one.id, titles);
  }

  function note<Who extends Modelled>(all: readonly Who[]): void {
    for (const one of all) notePlayed(one);
    for (const a of all) for (const b of all) noteOf(a, b);
  }

  return {
    /** To be called before each call that changes something, and after its answer. */
    note,
    /** Everything is as the model says. */
    settled<Who extends Modelled>(all: readonly Who[]): void {
      friends = new Set();
      played = new Map();
      note(all);
    },
    mayHaveSeen: ({ id }: Modelled, title: string): boolean => allowed.get(id)?.has(title) ?? false,
  };
}

function statesOf({ now, next }: Modelled): State[] {
  return next ? [now, next] : [now];
}
