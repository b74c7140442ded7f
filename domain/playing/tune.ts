import { Fault } from '../fault.ts';
import { cleanText, lengthOf } from '../text.ts';

/** What a subscriber plays; the fields of XEP-0118 that Earshot carries, and whether it is heard or watched. */
export type Tune = {
  kind: 'audio' | 'video';
  title: string;
  artist?: string;
  source?: string;
  track?: string;
  /** Seconds, 1–65,535; absent for a stream. */
  length?: number;
  /** 1–10. */
  rating?: number;
  uri?: string;
};

/**
 * One device's tune. `player`: what its owner calls it by, or what it calls itself. `since`: when the device began with it, by which
 * devices are ordered; `from`: when the piece began or would have, where the device has said at which position it is, or has told the
 * same piece again at its end. Times are milliseconds since the epoch.
 */
export type Playing = {
  device: string;
  player?: string;
  tune: Tune;
  since: number;
  from?: number;
  expiresAt: number;
};

/** How long a tune outlives its length, in milliseconds: time for the next track to arrive without a gap. */
const SLACK = 5_000;
/** How long a tune of unknown length lasts, in milliseconds. */
const UNKNOWN_LENGTH = 600_000;

/** Milliseconds by which two positions may differ that say the same: a call takes its time. */
const JITTER = 3_000;
/** Milliseconds before its end at which a piece that is told again is a repeat: whoever only says every few seconds that it goes on is met there seldom. */
const EARLY = 1_000;

/** Characters of a text. */
export const LONGEST_TEXT = 1024;
// A friend will click this link, so only web pages and the apps of music services may be opened by it: other
// schemes start calls, open files or tell an app on the friend's own device to do something (decision 126).
const SCHEMES = new Set(['https:', 'http:', 'spotify:', 'deezer:', 'tidal:']);
// Some tags hold several artists with a control character in between: ID3v2.4 (section 4.2) writes U+0000. Tabs and
// line ends are blanks, as everywhere.
const BETWEEN_ARTISTS = /(?:\p{Cc}(?<![\s\u0085]))+/u;

/**
 * A tune whose every text is clean (see `cleanText`).
 * @throws Fault INVALID_ARGUMENT when a text is empty once cleaned, too long, or the uri is not an absolute URI.
 */
export function cleanTune(raw: Tune): Tune {
  const tune: Tune = { kind: raw.kind, title: cleanField('title', raw.title) };
  if (raw.artist !== undefined) tune.artist = cleanField('artist', artistsIn(raw.artist));
  if (raw.source !== undefined) tune.source = cleanField('source', raw.source);
  if (raw.track !== undefined) tune.track = cleanField('track', raw.track);
  // Players send 0 when they do not know the length.
  if (raw.length) tune.length = raw.length;
  if (raw.rating !== undefined) tune.rating = raw.rating;
  if (raw.uri !== undefined) tune.uri = cleanUri(raw.uri);
  return tune;
}

/** Several artists, where the text holds several, as one line with `; ` between them; not cleaned otherwise. */
export function artistsIn(text: string): string {
  return text
    .split(BETWEEN_ARTISTS)
    .filter((artist) => cleanText(artist) !== '')
    .join('; ');
}

function cleanField(field: string, text: string): string {
  const clean = cleanText(text);
  if (clean === '')
    throw new Fault(
      'INVALID_ARGUMENT',
      `${field} has no visible character; send the text${field === 'title' ? '' : ' or leave it out'}.`,
    );
  if (lengthOf(clean) > LONGEST_TEXT)
    throw new Fault('INVALID_ARGUMENT', `${field} is longer than ${LONGEST_TEXT} characters; shorten it.`);
  return clean;
}

/** The uri in its clean form; undefined when it is not one that a friend may be given. */
export function safeUri(text: string): string | undefined {
  try {
    return cleanUri(text);
  } catch {
    return undefined;
  }
}

function cleanUri(text: string): string {
  const clean = cleanText(text);
  if (!URL.canParse(clean) || lengthOf(clean) > LONGEST_TEXT)
    throw new Fault('INVALID_ARGUMENT', 'uri must be an absolute URI, such as https://example.org/song.');
  const { protocol, href, username, password } = new URL(clean);
  if (!SCHEMES.has(protocol))
    throw new Fault(
      'INVALID_ARGUMENT',
      `uri may not use the scheme ${protocol} send an address with one of ${[...SCHEMES].join(' ')}`,
    );
  if (username !== '' || password !== '')
    throw new Fault('INVALID_ARGUMENT', 'uri may hold no user name and password: every friend would see them.');
  return href;
}

/** When a tune that starts at `now` ends by itself, in milliseconds since the epoch. */
export function expiryOf(tune: Tune, now: number): number {
  return now + (tune.length === undefined ? UNKNOWN_LENGTH : tune.length * 1000 + SLACK);
}

/**
 * The device's next state: the same tune again keeps its start and only lasts longer; another one starts now. With `position`, in
 * seconds, the piece began so long ago, and ends when it has been played.
 */
export function play(
  before: Playing | undefined,
  device: string,
  tune: Tune,
  now: number,
  { player, position }: { player?: string | undefined; position?: number | undefined } = {},
): Playing {
  const goesOn = before !== undefined && before.expiresAt > now && sameTune(before.tune, tune) ? before : undefined;
  const from = position === undefined ? untold(goesOn, now) : told(goesOn, tune, now, position);
  const since = goesOn?.since ?? now;
  return {
    device,
    ...(player === undefined ? {} : { player }),
    tune,
    since,
    ...(from === undefined ? {} : { from }),
    // Of a stream nobody knows the end, wherever it is.
    expiresAt: expiryOf(tune, position === undefined || tune.length === undefined ? now : (from ?? since)),
  };
}

/** When the piece began, or would have if it had been played without a break, in milliseconds since the epoch. */
export function beganAt({ since, from = since }: Playing): number {
  return from;
}

/** By a position: the same as before where the two only differ by how long the calls took: friends are told of no change then. */
function told(before: Playing | undefined, { length }: Tune, now: number, position: number): number | undefined {
  const from = now - Math.round(Math.min(position, length ?? position) * 1000);
  return before && Math.abs(beganAt(before) - from) < JITTER ? before.from : from;
}

/** Without a position: as before, or from the beginning where it was over. Many players tell a repeat like that, and in no other way. */
function untold(before: Playing | undefined, now: number): number | undefined {
  const length = before?.tune.length;
  if (before === undefined || length === undefined) return before?.from;
  return now >= beganAt(before) + length * 1000 - Math.min(EARLY, length * 500) ? now : before.from;
}

/** True when friends would see no difference. */
export function sameTune(a: Tune | undefined, b: Tune | undefined): boolean {
  return words(a) === words(b);
}

/**
 * A text that is equal for equal tunes and empty for none: 53 bits of a hash, as each outlet keeps one of everybody who plays. It is compared
 * with that of the tune before alone; who makes two that are equal has friends see the first one for longer.
 */
export function fingerprint(tune: Tune | undefined): string {
  return tune === undefined ? '' : hash53(words(tune)).toString(36);
}

/** A fingerprint as it was noted, perhaps by an earlier version, whose fingerprints were the words themselves. */
export function notedFingerprint(text: string): string {
  return text.startsWith('[') ? hash53(text).toString(36) : text;
}

function words(tune: Tune | undefined): string {
  if (tune === undefined) return '';
  const { kind, title, artist, source, track, length, rating, uri } = tune;
  return JSON.stringify([kind, title, artist, source, track, length, rating, uri]);
}

/** cyrb53: a hash that keeps no secret; domain/ has none of Node's. */
function hash53(text: string): number {
  let [one, other] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i += 1) {
    one = Math.imul(one ^ text.charCodeAt(i), 2_654_435_761);
    other = Math.imul(other ^ text.charCodeAt(i), 1_597_334_677);
  }
  one = Math.imul(one ^ (one >>> 16), 2_246_822_507) ^ Math.imul(other ^ (other >>> 13), 3_266_489_909);
  other = Math.imul(other ^ (other >>> 16), 2_246_822_507) ^ Math.imul(one ^ (one >>> 13), 3_266_489_909);
  return 2 ** 32 * (other & 0x1fffff) + (one >>> 0);
}

/** What is shown when several devices play: the one that started last; undefined when nothing plays at `now`. */
export function currentOf(devices: readonly Playing[], now: number): Playing | undefined {
  let current: Playing | undefined;
  for (const playing of devices)
    if (playing.expiresAt > now && (current === undefined || playing.since >= current.since)) current = playing;
  return current;
}
