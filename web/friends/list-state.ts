import type { ServerEvent } from '../api/events.ts';
import type { Friend } from '../api/shapes.ts';

/** Friends by their ids; undefined until they are known. */
export type FriendList = ReadonlyMap<string, Friend> | undefined;

type Change = Pick<Friend, 'subscriberId'> & Partial<Friend>;

/** The list after an event of the stream; events that are not known change nothing. */
export function afterEvent(list: FriendList, { event, data }: ServerEvent): FriendList {
  const told = JSON.parse(data);
  if (event === 'friends') return byId(told.friends);
  const { subscriberId } = told as Change;
  const friends = new Map(list);
  const known = friends.get(subscriberId);
  if (event === 'friend-added') friends.set(subscriberId, told as Friend);
  else if (event === 'friend-removed') friends.delete(subscriberId);
  else if (known && (event === 'now-playing' || event === 'presence')) friends.set(subscriberId, { ...known, ...told });
  return friends;
}

function byId(friends: readonly Friend[]): FriendList {
  return new Map(friends.map((friend) => [friend.subscriberId, friend]));
}
