import { type Online, onlineOf } from '../../domain/account/presence.ts';
import { decideShowing, visibleToFriend } from '../../domain/playing/showing.ts';
import { tuneView } from '../../service/friendship/friend-views.ts';
import type { Sight } from '../../store/playing/sights.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Line } from '../live/lines.ts';
import { NOTHING, presenceLine, tuneLine } from './lines.ts';

/** What those who follow a friend see of it at one moment; what is alike for all of them is made once. */
export type Seen = {
  subscriber: Subscriber | undefined;
  /** The picture that its account publishes. */
  avatar: string | undefined;
  online: Online;
  /** The same, to be compared. */
  presence: string;
  presenceLine(): Line;
  tuneLine(): Line;
  nothingLine(): Line;
  /** JSON of what the one at this position of the question may see; `nothing` where it is not even a friend. */
  tuneFor(position: number): string;
  isFriend(position: number): boolean;
  /** When time alone may change it, in milliseconds since the epoch. */
  until: number | undefined;
};

/** How somebody is online, and the same as JSON, to be compared: one text for all who are told of it. */
export type Presence = { online: Online; text: string };

/** Presences that are shared: most people are online in one of a few ways. */
const MOST_SHARED = 100;

/** What is told of how somebody is online, with its JSON: one for all who are so in the same way, as they are many. */
export function createPresences(): (online: Online) => Presence {
  const shared = new Map<string, Presence>();
  return (online) => {
    const text = JSON.stringify(online);
    const known = shared.get(text);
    if (known) return known;
    const presence = { online, text };
    if (shared.size >= MOST_SHARED) shared.clear();
    shared.set(text, presence);
    return presence;
  };
}

/** The presence of somebody who has no client online. */
export const OFFLINE: Presence = createPresences()(onlineOf([]));

/** `presence`: how the friend is online. */
export function see(id: string, sight: Sight, { online, text }: Presence, now: number): Seen {
  const showing = decideShowing(sight, now);
  const tune = showing.playing ? JSON.stringify(tuneView(showing.playing)) : NOTHING;
  return {
    subscriber: sight.subscriber,
    avatar: sight.avatar,
    online,
    presence: text,
    presenceLine: once(() => presenceLine(id, online)),
    tuneLine: once(() => tuneLine(id, tune)),
    nothingLine: once(() => tuneLine(id, NOTHING)),
    tuneFor: (position) => (visibleToFriend(showing, sight.friends[position]) ? tune : NOTHING),
    isFriend: (position) => sight.friends[position] !== undefined,
    until: showing.until,
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
