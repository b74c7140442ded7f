import { client } from '@xmpp/client';
import type { XmppServer } from '../../local/xmpp-server.ts';
import { startPatiently } from '../support/xmpp/patient-start.ts';

/** Signs in once and returns the full JID. */
export async function signIn(server: XmppServer, username: string, password: string): Promise<string> {
  const xmpp = client({ service: `xmpp://127.0.0.1:${server.c2sPort}`, domain: server.domain, username, password });
  xmpp.on('error', () => {});
  xmpp.reconnect.stop();
  try {
    return await startPatiently(xmpp);
  } finally {
    await xmpp.stop().catch(() => {});
  }
}
