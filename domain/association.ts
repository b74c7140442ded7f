/** The operator's choice: must both books hold the other's number, or does one suffice? */
export type Policy = 'mutual' | 'either';

/** What one end of a pair brings: is it a subscriber, does its book hold the other's number, has it said no? */
export type End = { present: boolean; holdsOther: boolean; declinedOther: boolean };

/**
 * Whether two subscribers are friends. Symmetric: both ends of a pair get the same answer from the same facts.
 * What a subscriber said about somebody always wins over the policy.
 */
export function associated(a: End, b: End, policy: Policy): boolean {
  if (!a.present || !b.present || a.declinedOther || b.declinedOther) return false;
  return policy === 'either' ? a.holdsOther || b.holdsOther : a.holdsOther && b.holdsOther;
}
