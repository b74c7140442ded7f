import type { Grant } from '../../domain/access/grant.ts';
import type { Span } from '../../runtime/tracing.ts';
import type { LineWriter } from '../live/line-writer.ts';
import type { Presence, Seen } from './seen.ts';

/**
 * What one listener sees of a friend at one moment. `tune`: JSON; `isFriend`: the friend has the
 * listener as one, too; `version`: how often the friend had changed by then.
 */
export type Glance = { seen: Seen; tune: string; isFriend: boolean; version: number };

/**
 * One open event stream: small, as there are thousands. What there is to do waits as sets, which
 * cannot grow beyond the friends there are: a client that is slow is told the newest, and each once.
 */
export type Listener = {
  /** The subscriber whose friends these are. */
  readonly id: string;
  readonly grant: Pick<Grant, 'ranges'>;
  readonly writer: LineWriter;
  /** Whether whoever opened it might do so now. */
  isAllowed(): Promise<boolean>;
  /** The friends who have it among their followers. */
  following: Person[];
  state: 'idle' | 'busy' | 'over';
  /** A part of an event is written: nothing else may come between. */
  midway: boolean;
  /** Everything has to be told, as at first. */
  everything: boolean;
  /** It has blocked somebody, or no longer does: it has to be looked at which friends that concerns. */
  blocks: boolean;
  /** Friends who were added, dropped or changed. */
  pairs: Set<string> | undefined;
  /** Friends about whom something could not be told at once. */
  behind: Set<Person> | undefined;
  /** Since when the client has taken nothing, in elapsed milliseconds. */
  stalledAt: number | undefined;
};

/** What a listener was told last of a friend; texts that are the same for many are the same text. */
export type Told = {
  /** JSON of what plays. */
  tune: string;
  /** JSON of how it is online. */
  presence: string;
  /** Which picture, undefined for none; and whether the friend publishes it itself. */
  picture: string | undefined;
  isPublished: boolean;
  /** A digest of name, number and JID; undefined while it was told nothing. */
  label: number | undefined;
};

/** A subscriber whose changes are heard here, once for all who listen. */
export type Person = {
  readonly id: string;
  /** Streams that show it as a friend. */
  readonly followers: Map<Listener, Told>;
  /** Streams of its own. */
  own: readonly Listener[];
  /** Settled when its changes are heard. */
  heard: Promise<void>;
  /** It has changed since it was looked at; and how often it has changed. */
  changed: boolean;
  version: number;
  /** Those who have to be told what they see now, whether it has changed or not. */
  asked: { listener: Listener; tell(glance: Glance): void; fail(reason: unknown): void }[];
  looking: boolean;
  /** Of the look that is to come, where the request is traced that changed it. */
  span: Span | undefined;
  /** As it was when somebody looked; undefined when that may have changed, which `presences` counts. */
  presence: Presence | undefined;
  presences: number;
  /** Those who wait until its changes are heard. */
  waiting: number;
  /** Nobody has listened since the last round. */
  idle: boolean;
};

/** Whether it can be told something at once. */
export function isReady({ state, writer }: Listener): boolean {
  return state === 'idle' && !writer.isFull();
}
