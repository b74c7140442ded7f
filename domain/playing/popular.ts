import type { Tune } from './tune.ts';

/** A piece that somebody has played, as it was shown to friends. */
export type Piece = Pick<Tune, 'kind' | 'title' | 'artist' | 'uri'>;

/** One piece in somebody's history: what stands for it whoever plays it, when it was played, in milliseconds since the epoch, and the piece. */
export type Played = { key: string; at: number; read(): Piece };

/** What several friends have played, and how many of them. */
export type Popular = Piece & { friends: number };

/** Friends who must have played a piece before anybody is told. */
export const FEWEST_FRIENDS = 3;
/** Pieces that are told. */
const MOST_PIECES = 50;

/** How long a piece counts, in milliseconds. */
export const HISTORY = 7 * 86_400_000;
/** Distinct pieces that are kept of one subscriber. */
export const LONGEST_HISTORY = 50;

/** What is remembered of a tune. */
export function pieceOf({ kind, title, artist, uri }: Tune): Piece {
  return { kind, title, ...(artist === undefined ? {} : { artist }), ...(uri === undefined ? {} : { uri }) };
}

/** A text that is equal for what people take for the same piece: compatibility forms, letter case and spaces make no difference. */
export function pieceName({ kind, title, artist = '' }: Piece): string {
  return JSON.stringify([kind, fold(artist), fold(title)]);
}

/** What at least three of these histories have in common, most friends first, then the newest; nothing in it tells which of them. */
export function popularIn(histories: readonly (readonly Played[])[]): Popular[] {
  const plays = new Map<string, Played[]>();
  for (const played of histories.flat()) {
    const same = plays.get(played.key);
    if (same) same.push(played);
    else plays.set(played.key, [played]);
  }
  return [...plays.values()]
    .filter((same) => same.length >= FEWEST_FRIENDS)
    .map((same) => ({ same, newest: Math.max(...same.map(({ at }) => at)) }))
    .sort((a, b) => b.same.length - a.same.length || b.newest - a.newest)
    .slice(0, MOST_PIECES)
    .map(({ same }) => together(same.map((played) => played.read())));
}

/** The piece as most have it. A link that fewer than three share may lead to one of them: it may name an account, or a server at home. */
function together(pieces: readonly Piece[]): Popular {
  const [first] = mostCommon(pieces.map(({ kind, title, artist }) => JSON.stringify([kind, title, artist])));
  const [kind, title, artist] = JSON.parse(first) as [Piece['kind'], string, string | null];
  const [uri, shared] = mostCommon(pieces.map((piece) => piece.uri ?? ''));
  return {
    kind,
    title,
    ...(artist === null ? {} : { artist }),
    ...(uri === '' || shared < FEWEST_FRIENDS ? {} : { uri }),
    friends: pieces.length,
  };
}

/** Of texts that are as common the first in the alphabet, so that the order of the friends does not show. */
function mostCommon(texts: readonly string[]): [text: string, count: number] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))[0] ?? ['', 0];
}

/** Upper case first: it knows more letters that are the same (ß and SS, ς and Σ). */
function fold(text: string): string {
  return text.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC').replace(/\s+/gu, ' ').trim();
}
