import type { Online } from '../../domain/account/presence.ts';
import { type Line, toLine } from '../live/lines.ts';

/** What is told of who plays nothing, or nothing that this one may see. */
export const NOTHING = 'null';

/** `tune`: JSON of what the friend plays. */
export function tuneLine(subscriberId: string, tune: string): Line {
  return toLine('now-playing', `{"subscriberId":${JSON.stringify(subscriberId)},"nowPlaying":${tune}}`);
}

/** `avatar`: only when that is what changed. */
export function presenceLine(subscriberId: string, online: Online, avatar?: string | null): Line {
  return toLine('presence', JSON.stringify({ subscriberId, ...online, avatar }));
}

/** Somebody is a friend no longer. */
export function removedLine(subscriberId: string): Line {
  return toLine('friend-removed', JSON.stringify({ subscriberId }));
}
