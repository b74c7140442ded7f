/** The operator's choice: must both books hold the other's number, or does one suffice? */
export type Policy = 'mutual' | 'either';

/**
 * What one end of a pair brings: is it a subscriber, does it let itself be found, does its book hold the other's number, has it
 * said no, has it blocked the other?
 */
export type End = {
  present: boolean;
  discoverable: boolean;
  holdsOther: boolean;
  declinedOther: boolean;
  blocksOther: boolean;
};

/** One end as the stores tell of it. Who has no record is not present, and what nobody has noted is not so. */
export function toEnd(
  subscriber: { state: string } | undefined,
  privacy: { discoverable: boolean } | undefined,
  holdsOther = false,
  declinedOther = false,
  blocksOther = false,
): End {
  const present = subscriber?.state === 'active';
  return { present, discoverable: privacy?.discoverable === true, holdsOther, declinedOther, blocksOther };
}

/**
 * Whether two subscribers are friends. Symmetric: both ends of a pair get the same answer from the same facts.
 * What a subscriber said always wins over the policy.
 */
export function associated(a: End, b: End, policy: Policy): boolean {
  if (!willing(a) || !willing(b)) return false;
  return policy === 'either' ? a.holdsOther || b.holdsOther : a.holdsOther && b.holdsOther;
}

/**
 * Whether one of two subscribers has blocked the other: then neither sees what the other plays, also where their users made
 * each other contacts on the XMPP server by themselves.
 */
export function barred(a: End, b: End): boolean {
  return a.present && b.present && (a.blocksOther || b.blocksOther);
}

function willing({ present, discoverable, declinedOther, blocksOther }: End): boolean {
  return present && discoverable && !declinedOther && !blocksOther;
}
