import { cleanText } from '../text.ts';
import { artistsIn, LONGEST_TEXT, safeUri, type Tune } from './tune.ts';

/** What a player says of a track, not yet looked at. `length` in seconds, perhaps with a fraction. */
export type PlayerTrack = {
  title: unknown;
  artist?: unknown;
  source?: unknown;
  track?: unknown;
  length?: unknown;
  uri?: unknown;
};

/** Seconds. */
export const LONGEST_LENGTH = 65_535;

/**
 * The tune of a track as a player describes it, cleaned like any other (`cleanTune`). A player cannot mend what it was given, so
 * texts that are too long are cut, and what is not usable is left out; undefined when there is no title to show.
 */
export function playerTune(said: PlayerTrack): Tune | undefined {
  const title = playerText(said.title);
  if (title === undefined) return undefined;
  const tune: Tune = { kind: 'audio', title };
  const [artist, source, track] = [playerArtist(said.artist), playerText(said.source), playerText(said.track)];
  if (artist !== undefined) tune.artist = artist;
  if (source !== undefined) tune.source = source;
  if (track !== undefined) tune.track = track;
  const length = lengthFrom(said.length);
  if (length !== undefined) tune.length = length;
  const uri = typeof said.uri === 'string' ? safeUri(said.uri) : undefined;
  if (uri !== undefined) tune.uri = uri;
  return tune;
}

/** Of several artists, all that fit into a text. */
function playerArtist(said: unknown): string | undefined {
  return playerText(typeof said === 'string' ? artistsIn(said.slice(0, 8 * LONGEST_TEXT)) : said);
}

/** One clean line of at most `longest` characters; undefined when nothing is left. */
export function playerText(said: unknown, longest = LONGEST_TEXT): string | undefined {
  if (typeof said !== 'string' && typeof said !== 'number') return undefined;
  // Cut before cleaning as well, so that a text of megabytes costs nothing.
  const clean = cleanText(`${said}`.slice(0, 8 * longest));
  return cleanText([...clean].slice(0, longest).join('')) || undefined;
}

/** Whole seconds; undefined for what is no length, as 0 is to players that do not know it. */
function lengthFrom(said: unknown): number | undefined {
  if (typeof said !== 'number' && typeof said !== 'string') return undefined;
  const length = Math.round(Number(said));
  return length >= 1 && length <= LONGEST_LENGTH ? length : undefined;
}
