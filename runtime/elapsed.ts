/**
 * Milliseconds since this process began, by a clock that nobody can put: for how long ago something was. `Date.now` says when it
 * was, for others, and jumps where a machine's clock is corrected.
 */
export function elapsed(): number {
  return performance.now();
}
