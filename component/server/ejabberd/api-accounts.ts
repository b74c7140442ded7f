import { Fault } from '../../../domain/fault.ts';
import { Denied } from '../../stream/denied.ts';
import { createExistence } from '../own-account.ts';
import type { AccountAbility } from '../server.ts';
import { type CallApi, partsOf } from './api.ts';

/** What `check_account` answers where the account is there. */
const THERE = 0;

/** By the commands of the HTTP API. `own`: see `createExistence`. */
export function createApiAccounts(call: CallApi, own: string): AccountAbility {
  const { exists, hadOwn } = createExistence(async (jid) => (await call('check_account', partsOf(jid))) === THERE, own);

  return {
    exists,
    hadOwn,
    async add(jid, password) {
      await call('register', { ...partsOf(jid), password });
    },
    async setPassword(jid, newpass) {
      await call('change_password', { ...partsOf(jid), newpass });
    },
    async logOut(jid) {
      await call('kick_user', partsOf(jid));
    },
    async remove(jid) {
      await call('unregister', partsOf(jid));
      // It says that it has done its work, whether it could or not.
      if (await exists(jid)) throw new Fault('UNAVAILABLE', 'The XMPP server has not deleted an account.');
    },
  };
}

/** Where there is no API: ejabberd drops the commands of XEP-0133 when a component with privileges sends them. */
export function noAccounts(): AccountAbility {
  const refuse = () => Promise.reject(new Denied('accounts of ejabberd are made by its HTTP API, which is not set'));
  return { exists: refuse, hadOwn() {}, add: refuse, setPassword: refuse, remove: refuse };
}
