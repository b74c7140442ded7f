import { Fault } from '../../../domain/fault.ts';
import { LONGEST_LENGTH, type PlayerTrack } from '../../../domain/playing/player-tune.ts';

/** What the extension says. `site`: where it found the track, such as `YouTube`; `position`: seconds of it that have been played. */
export type WebhookEvent = { name: string; track: PlayerTrack; site: unknown; position: number | undefined };

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
    position: positionFrom(parsed.currentTime),
  };
}

/** Many pages do not say it. */
function positionFrom(said: unknown): number | undefined {
  return typeof said === 'number' && said >= 0 && said <= LONGEST_LENGTH ? said : undefined;
}

const PLAYING = ['nowplaying', 'resumedplaying'];

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
