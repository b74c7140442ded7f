import { domainOf } from '../../domain/account/jid.ts';
import type { ComponentConfig } from '../../runtime/config/component-config.ts';
import type { Context } from '../context.ts';
import type { MeetingAbility, XmppServer } from '../server/server.ts';
import { isThere } from './meeting.ts';

/**
 * Has a server that was started anew learn again which friends of other homes want the tunes of its
 * users. It forgets that with its memory, and does not take it from what it asks itself when a
 * user's client logs in: it asks for that client, and for Prosody only an answer to the user
 * counts (decision 250).
 */
export type FriendsElsewhere = {
  /** To be called when that user has come online, or something is published for it: its friends are asked with the first call of a connection, and some times more. */
  seek(jid: string): void;
  /** There is another server with which the jobs run, or none: who waits is asked for. */
  workWith(server: Pick<XmppServer, 'meetings'> | undefined): void;
  /** The stream is gone. */
  forget(): void;
  /** Waits for what is under way. */
  stop(): Promise<void>;
};

/** Users whose friends are asked side by side: a server that was started anew names all who are online at once. */
const IN_FLIGHT = 4;
/**
 * Milliseconds after the beginning of a connection at which those who were asked until then are
 * asked again (decision 291). The last is when an ejabberd with its usual settings tries again at the
 * latest to reach a server that was away.
 */
const AGAIN = [5_000, 30_000, 330_000];
/** Users who are remembered before it is looked who of them is still online. */
const FEW = 1_000;

/**
 * Where there is one home nothing is done. `isOnline`: whether a client of that user is there. Who is not is forgotten now and
 * then, and asked for once more the next time: about twice as many are remembered as are online. `again`: {@link AGAIN}; `few`: {@link FEW}.
 */
export function createFriendsElsewhere(
  { stores, log }: Pick<Context, 'stores' | 'log'>,
  { hosts }: Pick<ComponentConfig, 'hosts'>,
  isOnline: (jid: string) => boolean,
  { again = AGAIN, few = FEW }: { again?: readonly number[]; few?: number } = {},
): FriendsElsewhere {
  let meetings: MeetingAbility | undefined;
  const sought = new Set<string>();
  const waiting = new Set<string>();
  let room = few;
  let work: Promise<unknown> | undefined;
  let later: NodeJS.Timeout[] = [];

  async function approachFriends(jid: string, ability: MeetingAbility): Promise<void> {
    const id = await stores.subscribers.idOfJid(jid);
    if (id === undefined) return;
    const friends = (await stores.friends.list(id)).filter((friend) => domainOf(friend.jid) !== domainOf(jid));
    if (friends.length === 0) return;
    const jids = friends.map((friend) => friend.jid);
    // Where one of the two items is not there yet, Prosody takes half of the other away when it is asked.
    const [mine, theirs] = await Promise.all([stores.ledger.some(id, jid, jids), stores.ledger.ofEach(friends, jid)]);
    for (const [i, other] of jids.entries())
      if (isThere(mine[i]) && isThere(theirs[i])) await ability.approach(jid, other);
  }

  async function lane(): Promise<void> {
    for (const jid of waiting) {
      if (!meetings) return;
      waiting.delete(jid);
      await approachFriends(jid, meetings).catch((err: unknown) => {
        log.warn({ err }, 'friends of other homes are not asked whether they want somebody’s tunes');
        sought.delete(jid);
      });
    }
  }

  function makeRoom(): void {
    if (sought.size < room) return;
    for (const jid of sought) if (!waiting.has(jid) && !isOnline(jid)) sought.delete(jid);
    room = Math.max(few, 2 * sought.size);
  }

  function goOn(): void {
    if (waiting.size === 0 || !meetings) return;
    work ??= Promise.all(Array.from({ length: IN_FLIGHT }, lane)).finally(() => {
      work = undefined;
      goOn();
    });
  }

  function seekAgain(): void {
    for (const jid of sought) waiting.add(jid);
    goOn();
  }

  function seekNobody(): void {
    for (const timer of later) clearTimeout(timer);
    later = [];
    waiting.clear();
  }

  return {
    seek(jid) {
      if (hosts.length === 0 || sought.has(jid)) return;
      makeRoom();
      sought.add(jid);
      waiting.add(jid);
      goOn();
    },
    workWith(server) {
      meetings = server?.meetings;
      if (meetings && hosts.length > 0 && later.length === 0)
        later = again.map((after) => setTimeout(seekAgain, after));
      goOn();
    },
    forget() {
      sought.clear();
      room = few;
      seekNobody();
    },
    async stop() {
      seekNobody();
      await work;
    },
  };
}
