import type { Static } from 'typebox';
import { type Grant, reachOf } from '../../domain/access/grant.ts';
import { phoneNumbersOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { ListedSubscriber } from '../schemas/subscribers.ts';
import { subscriberView } from './subscriber-view.ts';

/** As the list has a subscriber; undefined for who leaves, or is added just now, and so is nobody to the outside, and for who is out of reach. */
export function listedView(
  grant: Pick<Grant, 'ranges'>,
  one: Subscriber | undefined,
): Static<typeof ListedSubscriber> | undefined {
  if (!one || !(one.state === 'active' || one.ordered)) return undefined;
  if (reachOf(grant, phoneNumbersOf(one)) === 'none') return undefined;
  return { ...subscriberView(grant, one), state: stateOf(one) };
}

/** As the list says it. */
export function stateOf({ state }: Subscriber): 'active' | 'waiting' {
  return state === 'active' ? 'active' : 'waiting';
}
