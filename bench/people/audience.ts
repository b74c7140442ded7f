import type { Stack } from '../../local/stack/stack.ts';
import type { Stores } from '../../store/stores.ts';
import type { Api, Person } from '../../test/support/api.ts';
import { type Arrivals, createArrivals } from '../load/tunes.ts';
import { settled } from '../settled.ts';
import { connectFriend } from './friend.ts';
import { bookOf, join } from './people.ts';

/** Publishers, and the friends who are online and hear them: one friend for each publisher. */
export type Audience = { publishers: Person[]; arrivals: Arrivals; leave(): void };

/** Makes the friendships through Earshot itself, by books that name each other, and lets the friends log in. */
export async function gatherAudience(
  stack: Stack,
  api: Api,
  stores: Stores,
  size: { publishers: number; friends: number },
): Promise<Audience> {
  const publishers = await join(api, size.publishers, 'Publisher');
  const friends = await join(api, size.friends, 'Friend');
  const friendOf = (index: number) => friends[index % friends.length] as Person;
  for (const [i, publisher] of publishers.entries()) await api.putBook(publisher, bookOf([friendOf(i)]));
  for (const friend of friends) await api.putBook(friend, bookOf(publishers.filter((_, i) => friendOf(i) === friend)));
  await settled(stores);
  const arrivals = createArrivals();
  const clients = await Promise.all(friends.map((friend) => connectFriend(stack, friend, arrivals.note)));
  return {
    publishers,
    arrivals,
    leave() {
      for (const client of clients) client.close();
    },
  };
}
