import { randomBytes } from 'node:crypto';
import { Fault } from '../../domain/fault.ts';
import { StanzaError } from '../stream/stanza-error.ts';
import type { Stream } from '../stream/stream.ts';
import { addUser, changePassword, deleteUser, rosterSize } from './account-admin.ts';
import { createExistence, type Existence } from './own-account.ts';
import { readRoster, removeRosterItem } from './roster-iq.ts';
import type { AccountAbility } from './server.ts';

/** What is known of accounts beside the commands that make and delete them. */
export type AccountView = Existence & {
  /**
   * Empties the roster of an account that was just made: Prosody 0.12 keeps the roster of a deleted
   * account in memory and gives it to the next account of that name. @throws StanzaError `refused`
   * when it cannot be emptied; the new account is deleted then.
   */
  emptyRoster(jid: string): Promise<void>;
};

/** By the commands of XEP-0133; they are answered `refused` where the component is no administrator. `own`: see `createExistence`. */
export function createAccounts(stream: Stream, host: string, view: AccountView, own: string): AccountAbility {
  async function add(jid: string, password: string): Promise<void> {
    await addUser(stream, host, jid, password);
    await view.emptyRoster(jid);
  }

  /** Nobody looks for an account again once it passes for gone: a server that neither finds nor makes any is not believed. */
  async function isGone(jid: string): Promise<boolean> {
    if (await view.exists(jid)) return false;
    if (!(await view.exists(own))) await add(own, randomBytes(24).toString('base64url'));
    return !(await view.exists(jid));
  }

  return {
    exists: view.exists,
    hadOwn: view.hadOwn,
    add,
    setPassword: (jid, password) => changePassword(stream, host, jid, password),
    async remove(jid) {
      if (await isGone(jid)) return;
      await deleteUser(stream, host, jid);
      // Prosody says that it has done its work, whether it could or not.
      if (await view.exists(jid)) throw new Fault('UNAVAILABLE', 'The XMPP server has not deleted an account.');
    },
  };
}

/** By the privileges of XEP-0356. */
export function privilegedView(stream: Stream, existence: Existence): AccountView {
  return {
    ...existence,
    async emptyRoster(jid) {
      for (const item of (await readRoster(stream, jid)).keys()) await removeRosterItem(stream, jid, item);
    },
  };
}

/** By the commands of XEP-0133 alone, which read rosters and cannot write them. */
export function adminView(stream: Stream, host: string, own: string): AccountView {
  return {
    ...createExistence(async (jid) => (await rosterSize(stream, host, jid)) !== undefined, own),
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
