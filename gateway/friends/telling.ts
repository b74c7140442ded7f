import { createHash } from 'node:crypto';
import { takeTurns } from '../../runtime/turns.ts';
import { type FriendView, friendView } from '../../service/friendship/friend-views.ts';
import type { Friend } from '../../store/friendship/friends.ts';
import type { Context } from '../context.ts';
import { frame, toLine } from '../live/lines.ts';
import { tellDifference, tellPicture } from './differences.ts';
import { hideNumber } from './friend-numbers.ts';
import { NOTHING, removedLine } from './lines.ts';
import type { Glance, Listener, Person, Told } from './listener.ts';
import type { Looks } from './looks.ts';
import type { People } from './people.ts';
import { picturesOf, pictureUrl } from './pictures.ts';
import { createRow } from './row.ts';

/** Friends who are asked about together: more of them would hold up others who ask. */
const PORTION = 100;
/** Lists of friends that are read at a time: a thousand clients that come back at once wait in a row. */
const LISTS = 32;
/** Characters that are written together of a long list. */
const PIECE = 16_384;

/** A friend as one listener shows it. */
type Shown = { person: Person; friend: Friend; glance: Glance; view: FriendView; picture: string | undefined };

export type Telling = ReturnType<typeof createTelling>;

/** What a listener is told that is about its own friends: all of them, some of them, or those about whom it is behind. */
export function createTelling(
  context: Pick<Context, 'stores' | 'numberKeys'>,
  { people, looks }: { people: People; looks: Looks },
) {
  const { stores } = context;
  const inTurn = createRow(LISTS);

  /** How each of these friends is shown to the listener, who follows them from now on. */
  async function show(listener: Listener, friends: readonly Friend[]): Promise<Shown[]> {
    const shown: Shown[] = [];
    for (let from = 0; from < friends.length; from += PORTION) {
      const part = friends.slice(from, from + PORTION);
      const found = await people.hear(part.map(({ id }) => id));
      for (const person of found) follow(listener, person);
      const glances = await Promise.all(found.map((person) => looks.ask(person, listener)));
      const views = part.map((friend, i) => viewOf(friend, glances[i] as Glance));
      const published = glances.map(({ seen }) => seen.avatar);
      const pictures = await picturesOf(context, listener.id, views, published);
      for (const [i, friend] of part.entries()) {
        const [person, glance, view] = [found[i] as Person, glances[i] as Glance, views[i] as FriendView];
        shown.push({ person, friend, glance, view, picture: pictures[i] });
      }
    }
    return shown;
  }

  async function tellEverything(listener: Listener): Promise<void> {
    const all = await inTurn(() => lookAtAll(listener));
    for (const { person } of all.filter(isHidden)) hide(listener, person);
    const shown = all.filter((one) => !isHidden(one));
    shown.sort((a, b) => a.friend.name.localeCompare(b.friend.name));
    await writeList(listener, shown);
  }

  async function lookAtAll(listener: Listener): Promise<Shown[]> {
    listener.blocks = false;
    listener.pairs = undefined;
    listener.behind = undefined;
    const friends = await stores.shownFriends.own(listener.id);
    const present = new Set(friends.map(({ id }) => id));
    for (const person of listener.following.filter(({ id }) => !present.has(id))) unfollow(listener, person);
    return show(listener, friends);
  }

  async function writeList(listener: Listener, shown: readonly Shown[]): Promise<void> {
    const { writer } = listener;
    let piece = 'event: friends\ndata: {"friends":[';
    for (const [i, one] of shown.entries()) {
      const told = one.person.followers.get(listener);
      if (isStale(one)) hideTune(listener, one);
      if (told) note(told, one);
      piece += `${i > 0 ? ',' : ''}${toJson(listener, one)}`;
      if (piece.length < PIECE) continue;
      writer.write(frame(piece));
      piece = '';
      listener.midway = true;
      await takeTurns();
      await writer.taken();
    }
    writer.write(frame(`${piece}]}\n\n`));
    listener.midway = false;
  }

  /** Whom it has blocked, or no longer has: only who was told of, or would be. So a number is nothing to be seen of, whether anybody has it or not. */
  async function findPairs(listener: Listener): Promise<void> {
    listener.blocks = false;
    const friends = new Set((await stores.shownFriends.own(listener.id)).map(({ id }) => id));
    const followed = new Set(listener.following.map(({ id }) => id));
    for (const id of friends) if (!followed.has(id)) askForPair(listener, id);
    for (const id of followed) if (!friends.has(id)) askForPair(listener, id);
  }

  /** Friends who were added, dropped, or go by another name, number or JID. */
  async function tellPairs(listener: Listener): Promise<void> {
    const ids = [...(listener.pairs ?? [])];
    listener.pairs = undefined;
    const found = await stores.shownFriends.ownAmong(listener.id, ids);
    for (const [i, id] of ids.entries()) {
      const person = people.get(id);
      if (found[i] || !person) continue;
      if (unfollow(listener, person)?.label !== undefined) listener.writer.write(removedLine(id));
    }
    const stay = found.filter((friend) => friend !== undefined);
    for (const one of await show(listener, stay)) {
      const told = one.person.followers.get(listener);
      if (told) tellPair(listener, told, one);
    }
  }

  function tellPair(listener: Listener, told: Told, one: Shown): void {
    const { person, glance, picture } = one;
    if (isHidden(one)) {
      if (hide(listener, person)) listener.writer.write(removedLine(person.id));
      return;
    }
    if (told.label !== labelOf(one)) {
      if (isStale(one)) hideTune(listener, one);
      note(told, one);
      listener.writer.write(toLine('friend-added', toJson(listener, one)));
      return;
    }
    if (isStale(one)) beBehind(listener, person);
    else tellDifference(listener, person, told, glance);
    if (told.picture !== picture) tellPicture(listener, person, told, glance.seen, picture);
  }

  async function catchUp(listener: Listener): Promise<void> {
    const behind = [...(listener.behind ?? [])].slice(0, PORTION);
    for (const person of behind) listener.behind?.delete(person);
    const glances = await Promise.all(behind.map((person) => looks.ask(person, listener)));
    for (const [i, person] of behind.entries()) {
      const told = person.followers.get(listener);
      if (told) tellSeen(listener, person, told, glances[i] as Glance);
    }
  }

  return { tellEverything, findPairs, tellPairs, catchUp };
}

/** Without what plays, which is written out already. */
function viewOf(friend: Friend, { seen: { subscriber, online } }: Glance): FriendView {
  return friendView(friend, subscriber, online, undefined);
}

/** What has become of a friend whom the client knows, as far as no more has to be read for it. */
export function tellSeen(listener: Listener, person: Person, told: Told, glance: Glance): void {
  const isWhole = told.label !== undefined && tellDifference(listener, person, told, glance);
  // It may have parted from the listener, which has not heard of it.
  if (!isWhole || !glance.isFriend) askForPair(listener, person.id);
}

/** It was heard since that the friend has changed: perhaps nobody is to see the tune any more. */
function isStale({ person, glance }: Shown): boolean {
  return person.version !== glance.version;
}

/** It has not, or not yet, the listener as a friend as well, or has just blocked it. It is followed all the same: that may change. */
function isHidden({ glance }: Shown): boolean {
  return !glance.isFriend;
}

/** Notes that the listener knows nothing of it; whether it did. */
function hide(listener: Listener, person: Person): boolean {
  const told = person.followers.get(listener);
  const wasKnown = told?.label !== undefined;
  if (told) told.label = undefined;
  return wasKnown;
}

/** The tune is told when it was looked at again. */
function hideTune(listener: Listener, one: Shown): void {
  one.glance = { ...one.glance, tune: NOTHING };
  beBehind(listener, one.person);
}

/** Notes that the listener has still to be told how that person is now. */
export function beBehind(listener: Listener, person: Person): void {
  listener.behind ??= new Set();
  listener.behind.add(person);
}

/** Notes that it has still to be looked at whether that subscriber is the listener's friend, and how. */
export function askForPair(listener: Listener, friend: string): void {
  listener.pairs ??= new Set();
  listener.pairs.add(friend);
}

function follow(listener: Listener, person: Person): void {
  if (listener.state === 'over' || person.followers.has(listener)) return;
  listener.following.push(person);
  const told = { tune: NOTHING, presence: '', picture: undefined, isPublished: false, label: undefined };
  person.followers.set(listener, told);
}

/** What it had been told; undefined where it did not follow. */
function unfollow(listener: Listener, person: Person): Told | undefined {
  const told = person.followers.get(listener);
  if (!told) return undefined;
  listener.following = listener.following.filter((one) => one !== person);
  listener.behind?.delete(person);
  person.followers.delete(listener);
  return told;
}

function note(told: Told, { glance, picture, ...one }: Shown): void {
  told.tune = glance.tune;
  told.presence = glance.seen.presence;
  told.picture = picture;
  told.isPublished = glance.seen.avatar !== undefined;
  told.label = labelOf(one);
}

/** What tells a friend from itself under another name, number or JID, and is small: 32 bits, which V8 keeps without an object of their own. */
function labelOf({ view: { name, phoneNumber, jid } }: Pick<Shown, 'view'>): number {
  return createHash('sha1')
    .update(JSON.stringify([name, phoneNumber, jid]))
    .digest()
    .readInt32BE();
}

/** The tune is JSON already. */
function toJson({ id, grant }: Listener, { view, glance, picture }: Shown): string {
  const { nowPlaying: _, ...shown } = hideNumber(grant, view);
  const avatar = pictureUrl(id, view.subscriberId, picture);
  return `${JSON.stringify({ ...shown, avatar }).slice(0, -1)},"nowPlaying":${glance.tune}}`;
}
