import type { RosterItem, Subscription } from '../../domain/friendship/roster.ts';
import { createPlaces } from '../../runtime/places.ts';
import type { Stream } from '../stream/stream.ts';
import { createFirstWrites } from './first-writes.ts';
import type { Exists } from './own-account.ts';
import { readRoster } from './roster-iq.ts';
import type { RosterAbility } from './server.ts';

/** How one kind of server is told to write into a roster. `remove`: an item that is not there is removed. */
export type RosterWrites = {
  set(jid: string, item: RosterItem): Promise<void>;
  remove(jid: string, itemJid: string, before: RosterItem | undefined): Promise<void>;
};

/** What a write makes of an item: its kind. */
type Change = Subscription | 'gone';

/** Reads and writes on their way at the same time, whoever's rosters: what else the server is told waits behind them. */
const IN_FLIGHT = 16;
/** Milliseconds after which one that is not answered keeps no other waiting. */
const PATIENCE = 1_000;
/** Milliseconds after which it is asked whether there is an account at all. */
const DOUBT = 1_000;

/**
 * Rosters that are read by the right of XEP-0356. `onBrokenWord`: see `createFirstWrites`. `failsEmpty`: where the server could not read a roster it gives an
 * empty one, and the right one to the next question.
 */
export function createRosters(
  stream: Stream,
  untimed: RosterWrites,
  exists: Exists,
  onBrokenWord: () => void,
  { failsEmpty = false } = {},
): RosterAbility {
  const first = createFirstWrites(stream, onBrokenWord, { othersWait: true });
  const inPlace = createPlaces(IN_FLIGHT, PATIENCE);
  const writes: RosterWrites = {
    set: (jid, item) => inPlace(() => untimed.set(jid, item)),
    remove: (jid, itemJid, before) => inPlace(() => untimed.remove(jid, itemJid, before)),
  };

  async function isKept(jid: string, itemJid: string, change: Change): Promise<boolean> {
    const item = (await readRoster(stream, jid)).get(itemJid);
    return (item?.subscription ?? 'gone') === change;
  }

  return {
    read: (jid) => inPlace(() => readExisting(stream, jid, exists, failsEmpty)),
    set(jid, item, before) {
      const send = () => writes.set(jid, item);
      // Another name says nothing about what the server does with subscriptions.
      if (item.subscription === before?.subscription) return first.writeUntried(send);
      return first.write(item.subscription, {
        send,
        isKept: () => isKept(jid, item.jid, item.subscription),
        undo: () => (before ? writes.set(jid, before) : writes.remove(jid, item.jid, item)),
      });
    },
    remove: (jid, itemJid, before) =>
      first.write('gone', {
        send: () => writes.remove(jid, itemJid, before),
        isKept: () => isKept(jid, itemJid, 'gone'),
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
  exists: Exists,
  failsEmpty: boolean,
): Promise<Map<string, RosterItem> | undefined> {
  const roster = await readRoster(stream, jid, DOUBT).catch(() => undefined);
  if (roster && roster.size > 0) return roster;
  if (!(await exists(jid))) return undefined;
  return roster && !failsEmpty ? roster : readRoster(stream, jid);
}
