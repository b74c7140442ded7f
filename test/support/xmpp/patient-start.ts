import type { Client } from '@xmpp/client';
import { PATIENCE } from '../eventually.ts';

/** Logs a client in; xmpp.js itself would give a busy server two seconds. Resolves with the full JID. */
export async function startPatiently(xmpp: Client): Promise<string> {
  const usual = xmpp.timeout;
  xmpp.timeout = PATIENCE;
  try {
    return String(await xmpp.start());
  } finally {
    xmpp.timeout = usual;
  }
}
