import { AUDIOSCROBBLER_PATH, LASTFM_PATH, WEBHOOK_PATH } from '../../service/player/player-addresses.ts';

const DOORS = ['/1/', `${AUDIOSCROBBLER_PATH}/`, `${LASTFM_PATH}/`, WEBHOOK_PATH];

/**
 * The URL with single slashes and none at the end of its path, where a player's door is meant. Players put address and
 * path together without looking: DeaDBeeF asks for `//?hs=true`, others end with a slash or do not. AudioScrobbler 1.2
 * begins at the root of a host, so its handshake is known there, too.
 */
export function tidyPath(url: string): string {
  const { path, rest } = split(url);
  const tidy = path.replace(/\/{2,}/g, '/');
  if (tidy === '/' && /[?&]hs=true(?:&|$)/.test(rest)) return AUDIOSCROBBLER_PATH + rest;
  if (!DOORS.some((door) => `${tidy}/`.startsWith(door))) return url;
  return tidy.replace(/\/$/, '') + rest;
}

function split(url: string): { path: string; rest: string } {
  const end = url.search(/[?#]/);
  return end < 0 ? { path: url, rest: '' } : { path: url.slice(0, end), rest: url.slice(end) };
}
