import { deleteUser, rosterSize } from '../server/account-admin.ts';
import { accountExists } from '../server/pep.ts';
import { readRoster, removeRosterItem } from '../server/roster-iq.ts';
import { StanzaError } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';

/** What the account job has to know of accounts, beside making and deleting them. */
export type AccountView = {
  exists(jid: string): Promise<boolean>;
  /**
   * Of an account that was just made: Prosody 0.12 keeps the roster of an account that was deleted in memory, and gives it to the next of that
   * name. @throws StanzaError `refused` when it cannot be emptied; there is no account then.
   */
  emptyRoster(jid: string): Promise<void>;
};

/** By the privileges of XEP-0356. */
export function privilegedView(stream: Stream): AccountView {
  return {
    exists: (jid) => accountExists(stream, jid),
    async emptyRoster(jid) {
      for (const item of (await readRoster(stream, jid)).keys()) await removeRosterItem(stream, jid, item);
    },
  };
}

/** By the commands of XEP-0133 alone, which read rosters and cannot write them. */
export function adminView(stream: Stream, host: string): AccountView {
  return {
    exists: async (jid) => (await rosterSize(stream, host, jid)) !== undefined,
    async emptyRoster(jid) {
      if ((await rosterSize(stream, host, jid)) === 0) return;
      await deleteUser(stream, host, jid);
      throw new StanzaError(
        'refused',
        'the new account has the roster of the one before it, until the server is started again',
      );
    },
  };
}
