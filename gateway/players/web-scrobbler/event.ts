import { Fault } from '../../../domain/fault.ts';
import type { PlayerTrack } from '../../../domain/playing/player-tune.ts';

/** What the extension says. `site`: where it found the track, such as `YouTube`. */
export type WebhookEvent = { name: string; track: PlayerTrack; site: unknown };

/** Reads `{eventName, data: {song}}`: what the user or the extension has corrected wins over what the page said. @throws Fault INVALID_ARGUMENT */
export function readEvent(body: unknown): WebhookEvent {
  const { eventName, data } = asObject(body);
  const song = asObject(asObject(data).song);
  if (typeof eventName !== 'string') throw new Fault('INVALID_ARGUMENT', 'The event has no eventName.');
  const [processed, parsed] = [asObject(song.processed), asObject(song.parsed)];
  const field = (name: string) => processed[name] || parsed[name];
  const title = field('track');
  if (PLAYING.includes(eventName) && !title)
    throw new Fault('INVALID_ARGUMENT', 'The event has no data.song.parsed.track.');
  return {
    name: eventName,
    track: {
      title,
      artist: field('artist'),
      source: field('album'),
      length: field('duration'),
      uri: parsed.originUrl,
    },
    site: asObject(song.connector).label ?? song.connectorLabel ?? asObject(song.metadata).label,
  };
}

const PLAYING = ['nowplaying', 'resumedplaying'];

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
