import type { XmppServer } from './server.ts';

/**
 * A server that lets the component do no more than any other component: it makes accounts where it may, and the rest is plain XMPP, offers and
 * what users' own clients tell it as their contact (decision 74). `found`: the same server with what it does grant, which is left alone.
 */
export function unprivileged({ allowsOne, appearsAs, accounts, lacks, advice }: XmppServer): XmppServer {
  return { mode: 'unprivileged', allowsOne, ...(appearsAs && { appearsAs }), accounts, lacks, advice };
}
