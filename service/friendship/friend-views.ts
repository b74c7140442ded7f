import { type Online, onlineOf } from '../../domain/account/presence.ts';
import { OPEN } from '../../domain/friendship/privacy.ts';
import { ALONE, decideShowing, visibleToFriend } from '../../domain/playing/showing.ts';
import { beganAt, type Playing } from '../../domain/playing/tune.ts';
import type { Friend } from '../../store/friendship/friends.ts';
import type { Stores } from '../../store/stores.ts';
import { phoneNumberOf, type Subscriber } from '../../store/subscriber/subscriber-record.ts';

/** A friend as the API shows it. */
export type FriendView = Online & {
  subscriberId: string;
  name: string;
  phoneNumber: string | null;
  jid: string;
  avatar: string | null;
  nowPlaying: TuneView | null;
};

export type TuneView = ReturnType<typeof tuneView>;

/** Without the device: that is nobody else's business. */
export function tuneView(playing: Playing) {
  const { tune, expiresAt } = playing;
  return { ...tune, since: new Date(beganAt(playing)).toISOString(), expiresAt: new Date(expiresAt).toISOString() };
}

/**
 * The friends of `id` with what they play at `now` and let this one see, in the order of their names. `friends`: as the own end has them (`ShownFriends.own`);
 * whoever has not `id` as a friend, or has just blocked it, is left out.
 */
export async function friendViews(
  stores: Stores,
  id: string,
  friends: readonly Friend[],
  now: number,
): Promise<FriendView[]> {
  const ids = friends.map((friend) => friend.id);
  // Before the consent, or a tune from after a change of that could be shown by what held before.
  const states = await stores.nowPlaying.readMany(ids);
  const [records, presences, privacies, theirs] = await Promise.all([
    stores.subscribers.records(ids),
    stores.presences.of(friends.map((friend) => friend.jid)),
    stores.privacies.of(ids),
    stores.friends.ofEachDecided(ids, id),
  ]);
  const views = friends.flatMap((friend, i) => {
    const [record, end] = [records[i], theirs[i]];
    if (!end) return [];
    const basis = { state: record?.state, devices: states[i]?.devices ?? [], privacy: privacies[i] ?? OPEN, ...ALONE };
    const playing = visibleToFriend(decideShowing(basis, now), end);
    return [friendView(friend, record, onlineOf(presences[i] ?? []), playing)];
  });
  return views.sort((a, b) => a.name.localeCompare(b.name));
}

/** A friend with what it lets the subscriber see. The picture is not in it. */
export function friendView(
  friend: Friend,
  record: Subscriber | undefined,
  online: Online,
  playing: Playing | undefined,
): FriendView {
  return {
    subscriberId: friend.id,
    name: friend.name,
    // The one that the own book holds, never another, which its owner may not know.
    phoneNumber: (record && friend.held && phoneNumberOf(record, friend.held)) || null,
    jid: friend.jid,
    ...online,
    avatar: null,
    nowPlaying: playing ? tuneView(playing) : null,
  };
}
