import type { Taken } from './callers.ts';

/**
 * Of how many subscribers a tune was lost. `kept`: the number of the tune that each has in the end, by its position. It is lost where
 * that is one that nobody was told is taken, or one that was answered before another was sent that is taken as well: of two that were
 * under way together either may be the last.
 */
export function lostOf(taken: readonly Taken[], kept: readonly (number | undefined)[]): number {
  const answers = new Map(taken.map(({ tune, answered }) => [tune, answered]));
  const lastSent = new Map<number, number>();
  for (const { of, sent } of taken) lastSent.set(of, Math.max(lastSent.get(of) ?? 0, sent));
  return [...lastSent].filter(([of, sent]) => {
    const answered = answers.get(kept[of] ?? -1);
    return answered === undefined || answered < sent;
  }).length;
}
