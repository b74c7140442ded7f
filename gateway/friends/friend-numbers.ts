import { type Grant, mayActFor } from '../../domain/access/grant.ts';
import type { FriendView } from '../../service/friendship/friend-views.ts';

/** A friend without a number that is outside the ranges: to a carrier another carrier's number is never told (decision 105). */
export function hideNumber(grant: Pick<Grant, 'ranges'>, view: FriendView): FriendView {
  const { phoneNumber } = view;
  return phoneNumber === null || mayActFor(grant, phoneNumber) ? view : { ...view, phoneNumber: null };
}
