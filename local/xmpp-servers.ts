import { ejabberd } from './ejabberd/ejabberd-server.ts';
import { prosody } from './prosody/prosody-server.ts';
import type { ServerKind, ServerOptions, XmppServer } from './xmpp-server.ts';

/** Every kind of XMPP server that can be started. */
export const SERVERS = { prosody, ejabberd } as const;

export type ServerName = keyof typeof SERVERS;

/** What `npm start` runs. */
export const DEFAULT_SERVER: ServerName = 'prosody';

type OwnOf<Kind> = Kind extends ServerKind<infer Own> ? Own : never;

/** What differs from the usual in a server of one kind; for tests. */
export type ServerSettings = { [Name in ServerName]?: OwnOf<(typeof SERVERS)[Name]> };

/** Starts a server of that kind. Of the settings, those of its kind count. */
export function startServer(name: ServerName, options: ServerOptions, settings: ServerSettings): Promise<XmppServer> {
  const kind: ServerKind = SERVERS[name];
  return kind.start({ ...settings[name], ...options });
}
