import { sameOnline } from '../../domain/account/presence.ts';
import { type FriendView, type SeenFriend, seeFriends } from '../../service/friendship/friend-views.ts';
import type { Change, EventListener } from '../../store/base/events.ts';
import type { Context } from '../context.ts';
import { withAvatars } from './avatars.ts';

/** One message of the stream (WHATWG HTML, section 9.2). */
export type ServerEvent = { event: string; data: unknown };

/**
 * Milliseconds of silence after which a comment line is sent, so that proxies keep the connection
 * open, and the caller's rights are checked again. Nothing announces that a token has expired; its
 * stream ends after this time at the latest.
 */
const HEARTBEAT = 10_000;
/** Milliseconds until a stream reads everything again after the store did not answer. */
const TRY_AGAIN = 500;
/** Stands for all friends at once. */
const EVERYBODY = 'everybody';

/**
 * The events of one subscriber's friends: first `friends` with everything, then what changes, until `signal`. A client that
 * comes back gets `friends` anew, so nothing has to be remembered for it. Yields nothing at each heartbeat. Ends when
 * `allowed` says no: it is asked first, whenever tokens were revoked, and when it was not for the time of a heartbeat.
 */
export async function* friendStream(
  context: Context,
  id: string,
  signal: AbortSignal,
  allowed: () => Promise<boolean>,
): AsyncGenerator<ServerEvent | undefined> {
  const inbox = createInbox(signal);
  const watched = createWatched(context, id, inbox.put);
  const readAll = () => inbox.put(EVERYBODY, { what: 'friends', id });
  const offGap = context.events.onGap(readAll);
  try {
    await context.events.listen(id, watched.own);
    // It may have been revoked after the request was let in, before anybody listened.
    if (!(await allowed())) return;
    let asked = context.now();
    yield await watched.everything();
    while (!signal.aborted) {
      const item = await inbox.take(Math.min(asked + HEARTBEAT, watched.until()) - context.now());
      if (!item && watched.lookAgain()) continue;
      if (item === 'closed' || item?.change.what === 'gone') return;
      if (mayHaveEnded(item) || context.now() - asked >= HEARTBEAT) {
        if (!(await allowed())) return;
        asked = context.now();
      }
      if (!item) yield undefined;
      else if (item.change.what === 'tokens') continue;
      else yield* await watched.news(item).catch(() => later(readAll));
    }
  } finally {
    offGap();
    await watched.close();
  }
}

/**
 * Whether the caller's rights have to be checked again: tokens were revoked; or it is a heartbeat,
 * as nothing announces that a token has expired; or the store was away, and announcements may have
 * been missed.
 */
function mayHaveEnded(item: Item | undefined): boolean {
  return !item || item.about === EVERYBODY || item.change.what === 'tokens';
}

/** The store is away: nothing to tell now, everything when it is back. */
function later(readAll: () => void): ServerEvent[] {
  setTimeout(readAll, TRY_AGAIN).unref();
  return [];
}

type Item = { about: string; change: Change };

/** Changes that wait for a slow client: one of a kind about each friend, so the inbox cannot grow without end. */
function createInbox(signal: AbortSignal) {
  const items = new Map<string, Item>();
  let wake = () => {};
  signal.addEventListener('abort', () => wake());

  return {
    put(about: string, change: Change): void {
      items.set(`${about} ${change.what}`, { about, change });
      wake();
    },
    async take(patience: number): Promise<Item | 'closed' | undefined> {
      if (items.size === 0 && !signal.aborted)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, patience);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      if (signal.aborted) return 'closed';
      const [first] = items;
      if (first) items.delete(first[0]);
      return first?.[1];
    },
  };
}

/** The friends whose changes are listened to, and what the client was last told of each. */
function createWatched(context: Context, id: string, put: (about: string, change: Change) => void) {
  const { stores, events, now } = context;
  const listeners = new Map<string, EventListener>();
  const told = new Map<string, FriendView>();
  /** When time alone may change what a friend shows. */
  const untils = new Map<string, number>();
  const own: EventListener = (change) => {
    if (change.what === 'friends') put(change.id, change);
    else if (change.what === 'gone' || change.what === 'tokens') put('', change);
  };

  async function watch(friend: string): Promise<void> {
    if (listeners.has(friend)) return;
    const listener: EventListener = (change) => {
      if (change.what === 'now-playing' || change.what === 'presence' || change.what === 'avatar') put(friend, change);
    };
    listeners.set(friend, listener);
    await events.listen(friend, listener);
  }

  async function unwatch(friend: string): Promise<void> {
    const listener = listeners.get(friend);
    listeners.delete(friend);
    told.delete(friend);
    untils.delete(friend);
    if (listener) await events.unlisten(friend, listener);
  }

  function noteSeen({ view, until }: SeenFriend): FriendView {
    told.set(view.subscriberId, view);
    if (until === undefined) untils.delete(view.subscriberId);
    else untils.set(view.subscriberId, until);
    return view;
  }

  /** Whether there is anybody whose time has come; a tune ends without anybody saying so. */
  function lookAgain(): boolean {
    const over = [...untils].filter(([, until]) => until <= now());
    for (const [friend] of over) {
      untils.delete(friend);
      put(friend, { what: 'now-playing' });
    }
    return over.length > 0;
  }

  async function everything(): Promise<ServerEvent> {
    const friends = await stores.friends.list(id);
    const present = new Set(friends.map((friend) => friend.id));
    for (const friend of [...listeners.keys()]) if (!present.has(friend)) await unwatch(friend);
    for (const friend of present) await watch(friend);
    const views = (await seeFriends(stores, id, friends, now())).map(noteSeen);
    return { event: 'friends', data: { friends: await withAvatars(context, id, views) } };
  }

  async function news({ about, change }: Item): Promise<ServerEvent[]> {
    return about === EVERYBODY ? [await everything()] : follow(about, change);
  }

  async function follow(friend: string, change: Change): Promise<ServerEvent[]> {
    const before = told.get(friend);
    const [found] = await stores.friends.some(id, [friend]);
    if (!found) {
      await unwatch(friend);
      return before ? [{ event: 'friend-removed', data: { subscriberId: friend } }] : [];
    }
    await watch(friend);
    const [seen] = await seeFriends(stores, id, [found], now());
    if (!seen) return [];
    const view = noteSeen(seen);
    // A name, number or JID that changed is told as the friend anew.
    if (before && change.what === 'avatar') return [...differences(before, view), await picture(view)];
    if (before && (change.what !== 'friends' || sameLabel(before, view))) return differences(before, view);
    const [added] = await withAvatars(context, id, [view]);
    return [{ event: 'friend-added', data: added }];
  }

  async function picture(view: FriendView): Promise<ServerEvent> {
    const [shown] = await withAvatars(context, id, [view]);
    return { event: 'presence', data: { ...presenceOf(view), avatar: shown?.avatar ?? null } };
  }

  async function close(): Promise<void> {
    const watching = [...listeners.keys()].map(unwatch);
    // A connection that is away has no subscription to give up.
    await Promise.allSettled([...watching, events.unlisten(id, own)]);
  }

  const until = () => Math.min(...untils.values());
  return { own, everything, news, until, lookAgain, close };
}

function sameLabel(a: FriendView, b: FriendView): boolean {
  return a.name === b.name && a.phoneNumber === b.phoneNumber && a.jid === b.jid;
}

function presenceOf({ subscriberId, online, availability, status }: FriendView) {
  return { subscriberId, online, availability, status };
}

/** What the client does not know yet. */
function differences(before: FriendView, view: FriendView): ServerEvent[] {
  const { subscriberId, nowPlaying } = view;
  const list: ServerEvent[] = [];
  if (JSON.stringify(before.nowPlaying) !== JSON.stringify(nowPlaying))
    list.push({ event: 'now-playing', data: { subscriberId, nowPlaying } });
  if (!sameOnline(before, view)) list.push({ event: 'presence', data: presenceOf(view) });
  return list;
}
