import { type ProsodyOptions, startProsody } from './prosody/prosody-server.ts';
import type { ServerOptions, XmppServer } from './xmpp-server.ts';

/** What differs from the usual in a server of one kind; for tests. */
export interface ServerSettings {
  prosody?: Omit<ProsodyOptions, keyof ServerOptions>;
}

interface Kind {
  /** What messages call it. */
  title: string;
  start(options: ServerOptions, settings: ServerSettings): Promise<XmppServer>;
}

/** Every kind of XMPP server that can be started. */
export const SERVERS = {
  prosody: { title: 'Prosody', start: (options, { prosody }) => startProsody({ ...prosody, ...options }) },
} as const satisfies Record<string, Kind>;

export type ServerName = keyof typeof SERVERS;

/** What `npm start` runs. */
export const DEFAULT_SERVER: ServerName = 'prosody';
