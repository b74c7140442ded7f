import { fingerprint, type Tune } from './tune.ts';

/** What an outlet wants to be given back the next time, such as the tag of what it has published. */
export type Memo = string | undefined;

/**
 * What an outlet was last told of a subscriber. `address`: where, such as the JID of the account; undefined when nothing
 * was ever told. `at`: when, in milliseconds since the epoch.
 */
export type Told = { address: string | undefined; memo?: Memo } & (
  | { state: 'nothing' }
  /** Something is on its way, its answer was never seen, or somebody else has spoken: it may show anything. */
  | { state: 'unknown' }
  /** Nobody was found there `at` that time, which may have been wrong: it may show anything. `again`: when that is believed if nobody is found even then. */
  | { state: 'missed'; at: number; again: number }
  /** It shows what the user's own client has published there, and was told nothing since. `fingerprint`: of that tune; empty after its end. */
  | { state: 'heard'; fingerprint: string }
  /** It shows nothing, because whoever sees it has changed: what plays may come back at once. */
  | { state: 'hidden'; at: number }
  /** It was told this. Since then something else was played, and whoever has seen that may have told it so (decision 138). */
  | { state: 'doubted'; fingerprint: string; at: number }
  /** `fingerprint`: of the tune that it shows; empty for none. `again`: when it has to be told the same once more. */
  | { state: 'told'; fingerprint: string; at: number; again?: number | undefined }
);

/** Where nothing was told. */
export const NOTHING_TOLD: Told = { state: 'nothing', address: undefined };

/** The fingerprint of the tune that is shown, empty for none; undefined when nobody knows. */
export function shownBy(told: Told): string | undefined {
  if (told.state === 'unknown' || told.state === 'missed' || told.state === 'doubted') return undefined;
  return told.state === 'told' || told.state === 'heard' ? told.fingerprint : fingerprint(undefined);
}

/** The same of what was told last, whether or not it is still shown. */
export function lastTold(told: Told): string | undefined {
  return told.state === 'doubted' ? told.fingerprint : shownBy(told);
}

/** What was told at a time that has still to come was told by a clock that was put back since: long ago, and whatever it has to be told once more is due. */
export function byThisClock(told: Told, now: number): Told {
  if (!('at' in told) || told.at <= now) return told;
  if (told.state !== 'told' || told.again === undefined) return { ...told, at: 0 };
  return { ...told, at: 0, again: 0 };
}

/**
 * When the wanted tune may be told at the earliest, in milliseconds since the epoch. A stop goes out at once. A tune waits until
 * `interval` has passed since the last one that was told, so that skipping through tracks does not flood friends (XEP-0118, section 3).
 */
export function tellingTime(told: Told, wanted: Tune | undefined, interval: number): number {
  const wasTold = told.state === 'told' || told.state === 'doubted';
  return wanted !== undefined && wasTold ? told.at + interval : 0;
}
