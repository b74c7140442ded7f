import type { Reader } from '../../runtime/config/env-reader.ts';
import type { Log } from '../../runtime/log.ts';
import type { Stream } from '../stream/stream.ts';
import type { Rights } from './privileges.ts';
import type { Ability, XmppServer } from './server.ts';
import type { Software } from './software.ts';

/** What an adapter works with. `distrust`: to be told when the server was seen to do something else than it says. */
export type Connection = {
  stream: Stream;
  /** The component's. */
  domain: string;
  homeHost: string;
  /** The component's, which nobody else knows. */
  secret: string;
  log: Log;
  /** Whether a client of that user is known to be online, by its presence; one that was cut off may still pass for it. */
  seemsOnline(jid: string): boolean;
  distrust(ability: Ability): void;
};

/** One kind of XMPP server. */
export type ServerKind = {
  recognises(software: Software): boolean;
  /** Reads the settings that are its own (see `runtime/config/setting-names`), and gives what works by them. */
  readSettings(read: Reader): Adapt;
};

/** To be called once. What it returns gives the server as the rights describe it that it has announced. */
export type Adapt = (connection: Connection) => (rights: Rights) => XmppServer;
