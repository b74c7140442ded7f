/** How a match was offered: as a roster item for the client to take over (XEP-0144), or in words. `at`: milliseconds since the epoch. */
export type Offer = { by: 'item' | 'message'; at: number };

/** `withdraw`: offer to delete the item; `forget`: drop the note, and say nothing. */
export type OfferStep = 'offer' | 'withdraw' | 'forget' | 'nothing';

/**
 * What to do about one friend of a subscriber whose roster Earshot may not change. `inRoster`: Earshot has put the friend there
 * while it had the right. A match is offered once; one that ended and came back is another match.
 */
export function decideOffer(wanted: boolean, offered: Offer | undefined, inRoster: boolean): OfferStep {
  if (wanted) return offered || inRoster ? 'nothing' : 'offer';
  if (!offered) return 'nothing';
  // What somebody added after a message is an item of their own.
  return offered.by === 'item' ? 'withdraw' : 'forget';
}
