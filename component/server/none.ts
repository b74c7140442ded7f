import { adminView, createAccounts } from './accounts.ts';
import type { Connection } from './kind.ts';
import type { XmppServer } from './server.ts';

/**
 * A server that lets the component do no more than any other component: it makes accounts where it is an administrator (XEP-0133), and the rest is
 * plain XMPP, offers and what users' own clients tell it as their contact (decision 74). `found`: the same server with what it does grant, which
 * is left alone.
 */
export function unprivileged({ stream, homeHost }: Connection, { lacks, advice }: XmppServer): XmppServer {
  return {
    mode: 'unprivileged',
    accounts: createAccounts(stream, homeHost, adminView(stream, homeHost)),
    lacks,
    advice,
  };
}
