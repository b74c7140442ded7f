import type { PlayerTrack } from '../../../domain/playing/player-tune.ts';
import { safeUri } from '../../../domain/playing/tune.ts';
import { ListenBrainzFault } from './fault.ts';

type Fields = Record<string, unknown>;

/** What Earshot takes from a listen. `client`: the program that submits, when it says so; `player`: what plays. */
export type Listen = { track: PlayerTrack; client: unknown; player: unknown };

/** Seconds by which a player's clock may be ahead. */
const SKEW = 3_600;
const MOST_TAGS = 50;
const LONGEST_TAG = 64;
const SINGLE_MBIDS = ['release_mbid', 'recording_mbid', 'release_group_mbid', 'track_mbid'];
const MANY_MBIDS = ['artist_mbids', 'work_mbids'];
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/**
 * One listen, checked as listenbrainz-server does (https://listenbrainz.readthedocs.io/en/latest/users/json.html): what it refuses, players have learnt not to send.
 * @throws ListenBrainzFault 400
 */
export function checkListen(listen: unknown, playingNow: boolean, now: number): Listen {
  const fields = asFields(listen, 'Listen should be a dictionary.');
  if (playingNow) checkPlayingNow(fields);
  else checkListenedAt(fields, now);
  const metadata = asFields(fields.track_metadata, 'JSON document must contain the key track_metadata.');
  const title = required(metadata, 'track_name');
  const artist = required(metadata, 'artist_name');
  const info = additionalInfo(metadata.additional_info);
  checkTags(info.tags);
  checkMbids(info);
  return {
    track: {
      title,
      artist,
      source: metadata.release_name,
      track: info.tracknumber ?? info.track_number,
      length: lengthOf(info),
      uri: (typeof info.origin_url === 'string' && safeUri(info.origin_url)) || recordingUri(info.recording_mbid),
    },
    client: info.submission_client ?? info.media_player,
    player: info.media_player ?? info.submission_client ?? info.music_service_name ?? info.music_service,
  };
}

/** PHP writes an empty object as `[]`; a list, like an empty value, holds no field. */
function additionalInfo(value: unknown): Fields {
  if (!value || Array.isArray(value)) return {};
  return asFields(value, 'track_metadata.additional_info should be a dictionary.');
}

function checkPlayingNow(fields: Fields): void {
  if ('listened_at' in fields)
    throw refused('JSON document must not contain listened_at while submitting playing_now.');
  if (Object.keys(fields).some((key) => key !== 'track_metadata'))
    throw refused('JSON document may only contain track_metadata as top level key when submitting playing_now.');
}

function checkListenedAt(fields: Fields, now: number): void {
  if (!('listened_at' in fields)) throw refused('JSON document must contain the key listened_at at the top level.');
  const at = wholeNumber(fields.listened_at);
  if (at === undefined) throw refused('JSON document must contain an int value for listened_at.');
  if (at >= now + SKEW) throw refused('Value for key listened_at is too high.');
  if (Object.keys(fields).some((key) => key !== 'listened_at' && key !== 'track_metadata'))
    throw refused('JSON document may only contain listened_at and track_metadata top level keys');
}

/** As Python's `int()` reads it: of a number the whole part, of a text an integer alone. */
function wholeNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.trunc(value);
  return typeof value === 'string' && /^\s*[+-]?\d{1,15}\s*$/.test(value) ? Number(value) : undefined;
}

function required(metadata: Fields, key: string): string {
  const value = metadata[key];
  if (value === undefined || value === null || value === '')
    throw refused(`JSON document does not contain required track_metadata.${key}.`);
  if (typeof value !== 'string') throw refused(`${key} must be a single string.`);
  return value;
}

function checkTags(tags: unknown): void {
  if (tags === undefined) return;
  if (!Array.isArray(tags)) throw refused('track_metadata.additional_info.tags should be a list.');
  if (tags.length > MOST_TAGS)
    throw refused(`JSON document may not contain more than ${MOST_TAGS} items in track_metadata.additional_info.tags.`);
  if (tags.some((tag) => `${tag}`.length > LONGEST_TAG))
    throw refused(
      `JSON document may not contain track_metadata.additional_info.tags longer than ${LONGEST_TAG} characters.`,
    );
}

/** Those that are empty or null count as left out. */
function checkMbids(info: Fields): void {
  for (const key of SINGLE_MBIDS) if (info[key] && !UUID.test(`${info[key]}`)) throw badMbid(key);
  for (const key of MANY_MBIDS) {
    const ids = info[key] || [];
    if (!Array.isArray(ids) || ids.some((id) => id && !UUID.test(`${id}`))) throw badMbid(key);
  }
}

/** The page of a recording, which its id has been checked for; undefined where there is none. */
function recordingUri(mbid: unknown): string | undefined {
  if (!mbid) return undefined;
  const [, ...parts] = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(`${mbid}`.replaceAll('-', '').toLowerCase()) ?? [];
  return `https://musicbrainz.org/recording/${parts.join('-')}`;
}

/** Seconds; the two ways of saying it exclude each other. */
function lengthOf(info: Fields): unknown {
  if (info.duration !== undefined && info.duration_ms !== undefined)
    throw refused('JSON document should not contain both duration and duration_ms.');
  return info.duration ?? (info.duration_ms === undefined ? undefined : Math.floor(Number(info.duration_ms) / 1000));
}

function asFields(value: unknown, otherwise: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused(otherwise);
  return value as Fields;
}

function badMbid(key: string): ListenBrainzFault {
  return refused(`${key} MBID format invalid.`);
}

function refused(message: string): ListenBrainzFault {
  return new ListenBrainzFault(400, message);
}
