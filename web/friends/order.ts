import type { Availability, Friend } from '../api/shapes.ts';

const RANK: Record<Availability, number> = { online: 0, away: 1, busy: 2, offline: 3 };

/** The newest tune first, then those who play nothing: whoever is there before whoever is not, by name. */
export function inOrder(friends: Iterable<Friend>, language: string): Friend[] {
  const { compare } = new Intl.Collator(language);
  return [...friends].sort(
    (a, b) =>
      sinceOf(b) - sinceOf(a) ||
      RANK[a.availability] - RANK[b.availability] ||
      compare(a.name, b.name) ||
      compare(a.subscriberId, b.subscriberId),
  );
}

/** Milliseconds; 0 for who plays nothing. */
function sinceOf({ nowPlaying }: Friend): number {
  return nowPlaying ? Date.parse(nowPlaying.since) : 0;
}
