import type { Api, Person } from './api.ts';

/** Alice and Bob, who do not know each other yet. */
export async function joinPair(api: Api): Promise<[Person, Person]> {
  return [await api.join('+8613800138000', 'Alice'), await api.join('+8613900139000', 'Bob')];
}

/** Alice and Bob, whose books name each other; their rosters say so already. */
export async function joinFriends(api: Api): Promise<[Person, Person]> {
  const [alice, bob] = await joinPair(api);
  await api.putBook(alice, [{ name: 'Bob', phoneNumbers: [bob.phoneNumber] }]);
  await api.putBook(bob, [{ name: 'Alice', phoneNumbers: [alice.phoneNumber] }]);
  await api.settled(alice, bob);
  return [alice, bob];
}
