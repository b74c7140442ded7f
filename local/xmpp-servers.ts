import { apiEnv } from './ejabberd/ejabberd-api.ts';
import { apiOf, type EjabberdOptions, startEjabberd } from './ejabberd/ejabberd-server.ts';
import { type ProsodyOptions, startProsody } from './prosody/prosody-server.ts';
import type { ServerOptions, XmppServer } from './xmpp-server.ts';

/** What differs from the usual in a server of one kind; for tests. */
export interface ServerSettings {
  prosody?: Omit<ProsodyOptions, keyof ServerOptions>;
  ejabberd?: Omit<EjabberdOptions, keyof ServerOptions>;
}

interface Kind {
  /** What messages call it. */
  title: string;
  start(options: ServerOptions, settings: ServerSettings): Promise<XmppServer>;
  /** What the processes of Earshot are told of a server that is started with these options, beside where the component connects. */
  env(options: Pick<Required<ServerOptions>, 'domain' | 'apiPort' | 'apiPassword'>): Record<string, string>;
}

/** Every kind of XMPP server that can be started. */
export const SERVERS = {
  prosody: {
    title: 'Prosody',
    start: (options, { prosody }) => startProsody({ ...prosody, ...options }),
    env: () => ({}),
  },
  ejabberd: {
    title: 'ejabberd',
    start: (options, { ejabberd }) => startEjabberd({ ...ejabberd, ...options }),
    env: (options) => apiEnv(apiOf(options)),
  },
} as const satisfies Record<string, Kind>;

export type ServerName = keyof typeof SERVERS;

/** What `npm start` runs. */
export const DEFAULT_SERVER: ServerName = 'prosody';
