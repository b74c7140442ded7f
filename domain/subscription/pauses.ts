/** Milliseconds of failures after which a subscription is paused: then it is tried once an hour only. */
export const PAUSED_AFTER = 86_400_000;
/** Milliseconds after the first failure at which a subscription that is still paused ends. */
export const ENDS_AFTER = 30 * 86_400_000;

const FIRST = 1_000;
const LONGEST = 900_000;
const WHILE_PAUSED = 3_600_000;
/** A sink that refuses one event may take others. */
const LONGEST_AFTER_REFUSAL = 10_000;

/** What is known of a sink that has not taken an event. `failures`: one after the other, this one counted. */
export type Failing = { failures: number; paused: boolean; refused: boolean };

/**
 * Milliseconds until a sink is tried again: twice as long each time, up to a quarter of an hour; once an hour when paused. `draw`:
 * 0 to 1; a pause is by a quarter shorter or longer, so that sinks that failed together are not tried together.
 */
export function pauseAfter({ failures, paused, refused }: Failing, draw: number): number {
  const longest = refused ? LONGEST_AFTER_REFUSAL : LONGEST;
  const pause = paused ? WHILE_PAUSED : Math.min(FIRST * 2 ** (failures - 1), longest);
  return Math.round(pause * (0.75 + draw / 2));
}

/** Milliseconds until an event that was refused is tried again: as long as it has been tried, so that others go first. `since`, `now`: milliseconds since the epoch. */
export function pauseOfRefused(since: number, now: number): number {
  return Math.min(Math.max(now - since, FIRST), LONGEST);
}
