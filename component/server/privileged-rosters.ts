import type { RosterItem } from '../../domain/friendship/roster.ts';
import type { Stream } from '../stream/stream.ts';
import type { Exists } from './own-account.ts';
import { removeRosterItem, setRosterItem } from './roster-iq.ts';
import { createRosters } from './rosters.ts';
import type { RosterAbility } from './server.ts';

/** By the right of XEP-0356 alone. */
export function createPrivilegedRosters(stream: Stream, exists: Exists, onBrokenWord: () => void): RosterAbility {
  const writes = {
    set: (jid: string, item: RosterItem) => setRosterItem(stream, jid, item),
    remove: (jid: string, itemJid: string) => removeRosterItem(stream, jid, itemJid),
  };
  return createRosters(stream, writes, exists, onBrokenWord);
}
