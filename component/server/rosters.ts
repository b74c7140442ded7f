import { Fault } from '../../domain/fault.ts';
import type { RosterItem, Subscription } from '../../domain/friendship/roster.ts';
import type { Stream } from '../stream/stream.ts';
import { readRoster } from './roster-iq.ts';
import type { RosterAbility } from './server.ts';

/** How one kind of server is told to write into a roster. `remove`: an item that is not there is removed. */
export type RosterWrites = {
  set(jid: string, item: RosterItem): Promise<void>;
  remove(jid: string, itemJid: string, before: RosterItem | undefined): Promise<void>;
};

/**
 * What a write makes of an item. A server may do one of these as told and another not, so each is
 * tried out by itself.
 */
type Change = Subscription | 'gone';
type Write = { jid: string; itemJid: string; change: Change; send(): Promise<void>; undo(): Promise<void> };

/** What was seen of the server since it was connected to. */
type Seen = { kept: Set<Change>; trials: Map<Change, Promise<void>>; broken: boolean };

/** Milliseconds after which it is asked whether there is an account at all. */
const DOUBT = 1_000;

/**
 * Rosters that are read by the right of XEP-0356. Some servers answer that they have done what they
 * were told and store something else (decision 118). So after each connection the first write of
 * each kind, an ordinary one, is read back, while
 * other writes of its kind wait. If something else is stored it is tried once more: the user's
 * client may have changed the roster in between. If that fails too, `onBrokenWord` is called, and
 * every write is refused with Fault UNAVAILABLE until the next connection.
 */
export function createRosters(
  stream: Stream,
  writes: RosterWrites,
  exists: (jid: string) => Promise<boolean>,
  onBrokenWord: () => void,
): RosterAbility {
  let seen = nothingSeen();
  stream.onOffline(() => {
    seen = nothingSeen();
  });

  async function write(one: Write): Promise<void> {
    const now = seen;
    for (;;) {
      if (now.broken) throw brokenWord();
      if (now.kept.has(one.change)) return one.send();
      const trial = now.trials.get(one.change);
      if (!trial) break;
      await trial.catch(() => {});
    }
    const trial = tryOut(one, now).finally(() => now.trials.delete(one.change));
    now.trials.set(one.change, trial);
    return trial;
  }

  async function tryOut(one: Write, now: Seen): Promise<void> {
    if ((await isKept(stream, one)) || (await isKept(stream, one))) {
      now.kept.add(one.change);
      return;
    }
    now.broken = true;
    onBrokenWord();
    await one.undo().catch(() => {});
    throw brokenWord();
  }

  return {
    read: (jid) => readExisting(stream, jid, exists),
    set(jid, item, before) {
      const send = () => writes.set(jid, item);
      // Another name says nothing about what the server does with subscriptions.
      if (item.subscription === before?.subscription) return seen.broken ? Promise.reject(brokenWord()) : send();
      const undo = () => (before ? writes.set(jid, before) : writes.remove(jid, item.jid, item));
      return write({ jid, itemJid: item.jid, change: item.subscription, send, undo });
    },
    remove: (jid, itemJid, before) =>
      write({
        jid,
        itemJid,
        change: 'gone',
        send: () => writes.remove(jid, itemJid, before),
        undo: () => Promise.resolve(),
      }),
  };
}

/**
 * The roster; undefined when there is no such account. For such an account servers give no answer,
 * or an empty roster, so both make it ask whether there is one.
 */
async function readExisting(
  stream: Stream,
  jid: string,
  exists: (jid: string) => Promise<boolean>,
): Promise<Map<string, RosterItem> | undefined> {
  const roster = await readRoster(stream, jid, DOUBT).catch(() => undefined);
  if (roster && roster.size > 0) return roster;
  if (!(await exists(jid))) return undefined;
  return roster ?? readRoster(stream, jid);
}

/** Writes the item and reads it back. */
async function isKept(stream: Stream, { jid, itemJid, change, send }: Write): Promise<boolean> {
  await send();
  const roster = await readRoster(stream, jid);
  return (roster.get(itemJid)?.subscription ?? 'gone') === change;
}

function nothingSeen(): Seen {
  return { kept: new Set(), trials: new Map(), broken: false };
}

function brokenWord(): Fault {
  return new Fault('UNAVAILABLE', 'The XMPP server does not store roster items as it is told.');
}
