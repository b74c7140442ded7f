import type { Stores } from '../../store/stores.ts';
import type { Api, Person } from '../../test/support/api.ts';
import { type Arrivals, createArrivals } from '../load/tunes.ts';
import { settled } from '../settled.ts';
import { type ClientPlace, connectFriend, type Friend } from './friend.ts';
import { bookOf, join } from './people.ts';

/** Publishers, and their friends: one for each publisher, who hears it while online. */
export type Audience = {
  publishers: Person[];
  friends: Person[];
  arrivals: Arrivals;
  /** All upload the books that make them friends; once more after each change of the number key, as apps do. */
  uploadBooks(): Promise<void>;
  /** All friends log in: they have left, or the server was started again. */
  enter(): Promise<void>;
  leave(): void;
};

/**
 * Makes the friendships through Earshot itself, by books that name each other, and lets the friends log in. `prefix`: how all their
 * numbers begin, and `arrivals`: where their tunes are noted, when there are others.
 */
export async function gatherAudience(
  stack: ClientPlace,
  api: Api,
  stores: Stores,
  {
    prefix,
    arrivals = createArrivals(),
    ...size
  }: { publishers: number; friends: number; prefix?: string; arrivals?: Arrivals },
): Promise<Audience> {
  const publishers = await join(api, size.publishers, 'Publisher', prefix);
  const friends = await join(api, size.friends, 'Friend', prefix);
  const friendOf = (index: number) => friends[index % friends.length] as Person;
  async function uploadBooks(): Promise<void> {
    for (const [i, publisher] of publishers.entries()) await api.putBook(publisher, bookOf([friendOf(i)]));
    for (const friend of friends)
      await api.putBook(friend, bookOf(publishers.filter((_, i) => friendOf(i) === friend)));
    await settled(stores);
  }
  await uploadBooks();
  let clients: Friend[] = [];
  function leave(): void {
    for (const client of clients) client.close();
    clients = [];
  }
  async function enter(): Promise<void> {
    leave();
    clients = await Promise.all(friends.map((friend) => connectFriend(stack, friend, arrivals.note)));
  }
  await enter();
  return { publishers, friends, arrivals, uploadBooks, enter, leave };
}
