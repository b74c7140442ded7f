import { createHmac } from 'node:crypto';
import { Fault } from '../../domain/fault.ts';

/** Whose account it is; `secret`: the component's. */
export type OwnPlace = { homeHost: string; secret: string };

/** The JID of the account of the component's own, where the stamp is (decision 279). Its name is the same each time, and nobody can guess it. */
export function ownAccount({ secret, homeHost }: OwnPlace): string {
  const name = createHmac('sha256', secret).update('stamp account').digest('hex').slice(0, 20);
  return `earshot-stamp-${name}@${homeHost}`;
}

/** Whether there is such an account. */
export type Exists = (jid: string) => Promise<boolean>;

/** `hadOwn`: to be called where the server is known to have had the component's own account before. */
export type Existence = { exists: Exists; hadOwn(): void };

/**
 * The same, of a server that finds no account while what keeps them is away, but for those with a client online (decision 206). `ask`: its
 * word. It is believed that an account is not there where it finds the component's own one, in which there is never a client, and does not find
 * the other even then: a connection that was lost fails one question, and is made anew for the next. `own`: the JID of that
 * account; until the server has found it once, or is known to have had it, its word alone counts.
 * `exists` throws Fault UNAVAILABLE where it does not find its own one any more
 */
export function createExistence(ask: Exists, own: string): Existence {
  let isKnown = false;

  async function exists(jid: string): Promise<boolean> {
    if (await ask(jid)) {
      isKnown ||= jid === own;
      return true;
    }
    if (jid === own) return false;
    if (await ask(own)) {
      isKnown = true;
      return ask(jid);
    }
    if (isKnown)
      throw new Fault('UNAVAILABLE', 'The XMPP server finds no account, not even the one of the component’s own.');
    return false;
  }

  return {
    exists,
    hadOwn() {
      isKnown = true;
    },
  };
}
