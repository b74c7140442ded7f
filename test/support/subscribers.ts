import { partitionOf } from '../../store/base/partitions.ts';
import type { Stores } from '../../store/stores.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';

/** Alice, of whom nobody knows but her own record. */
export const ALICE: Subscriber = {
  id: 'alice',
  phoneNumber: '+8613800138000',
  numberKey: 'AAAAAAAAAAAA',
  jid: 'alice@op.example',
  displayName: 'Alice',
  state: 'pending',
};

/** Puts a subscriber into the stores as the gateway does, at the time `now` in milliseconds. */
export async function addSubscriber(stores: Stores, subscriber: Omit<Subscriber, 'state'>, now: number): Promise<void> {
  await stores.subscribers.create({ ...subscriber, state: 'pending' }, now);
  await stores.subscribers.activate({ ...subscriber, state: 'pending' }, now);
}

/** The keys that are there when the only subscriber is forgotten: that somebody is gone, and when, and how many there ever were. */
export function keysOfTheGone({ keys }: Stores, id: string): string[] {
  const partition = partitionOf(id);
  return [keys.lastIndex, keys.changes(partition), keys.gone(partition)];
}
