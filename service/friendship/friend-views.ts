import { type Online, onlineOf } from '../../domain/account/presence.ts';
import { OPEN } from '../../domain/friendship/privacy.ts';
import { ALONE, decideShowing, visibleToFriend } from '../../domain/playing/showing.ts';
import type { Playing } from '../../domain/playing/tune.ts';
import type { Friend } from '../../store/friendship/friends.ts';
import type { Stores } from '../../store/stores.ts';
import { phoneNumberOf } from '../../store/subscriber/subscriber-record.ts';

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
export function tuneView({ tune, since, expiresAt }: Playing) {
  return { ...tune, since: new Date(since).toISOString(), expiresAt: new Date(expiresAt).toISOString() };
}

/** A friend as it is seen at one moment, and when time alone may change what is shown, in milliseconds since the epoch. */
export type SeenFriend = { view: FriendView; until: number | undefined };

/** The friends of `id` with what they play at `now` and let this one see, in the order of their names. */
export async function friendViews(
  stores: Stores,
  id: string,
  friends: readonly Friend[],
  now: number,
): Promise<FriendView[]> {
  return (await seeFriends(stores, id, friends, now)).map(({ view }) => view);
}

/** The same, and until when it holds. */
export async function seeFriends(
  stores: Stores,
  id: string,
  friends: readonly Friend[],
  now: number,
): Promise<SeenFriend[]> {
  const ids = friends.map((friend) => friend.id);
  const [records, presences, privacies, theirs, states] = await Promise.all([
    stores.subscribers.records(ids),
    stores.presences.of(friends.map((friend) => friend.jid)),
    stores.privacies.of(ids),
    stores.friends.ofEach(ids, id),
    stores.nowPlaying.readMany(ids),
  ]);
  const seen = friends.map((friend, i): SeenFriend => {
    const record = records[i];
    const basis = { state: record?.state, devices: states[i]?.devices ?? [], privacy: privacies[i] ?? OPEN, ...ALONE };
    const showing = decideShowing(basis, now);
    const playing = visibleToFriend(showing, theirs[i]);
    const view = {
      subscriberId: friend.id,
      name: friend.name,
      // The one that the own book holds, never another, which its owner may not know.
      phoneNumber: (record && friend.held && phoneNumberOf(record, friend.held)) || null,
      jid: friend.jid,
      ...onlineOf(presences[i] ?? []),
      avatar: null,
      nowPlaying: playing ? tuneView(playing) : null,
    };
    return { view, until: playing ? showing.until : showing.audienceUntil };
  });
  return seen.sort((a, b) => a.view.name.localeCompare(b.view.name));
}
