import { type Doubt, friendOf } from './known.ts';

/** Of which friends a sink knows otherwise than it is: their ids. */
export type FriendChanges = { gone: string[]; come: string[] };

/** From those of whom the sink was told to those who are: one in doubt is the first of the ones, or the others; the last, if the sink has refused it. */
export function friendChanges(was: readonly string[], is: readonly string[], doubt: Doubt | undefined): FriendChanges {
  const [before, now] = [new Set(was), new Set(is)];
  const doubted = doubt && friendOf(doubt);
  const others = (id: string) => id !== doubted;
  const gone = [...before].filter((id) => !now.has(id) && others(id));
  const come = [...now].filter((id) => !before.has(id) && others(id));
  if (doubted !== undefined) {
    const its = now.has(doubted) ? come : gone;
    if (doubt?.refused) its.push(doubted);
    else its.unshift(doubted);
  }
  return { gone, come };
}
