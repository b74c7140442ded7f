import type { Log } from '../../runtime/log.ts';
import type { Stream } from '../stream/stream.ts';
import type { Element } from '../stream/xml.ts';
import type { XmppServer } from './server.ts';

/** What an adapter works with. `distrust`: to be told when the server was seen to do something else than it says. */
export type Connection = {
  stream: Stream;
  /** The component's. */
  domain: string;
  homeHost: string;
  log: Log;
  distrust(): void;
};

/**
 * One kind of XMPP server: a function that is called once, with the connection. What it returns
 * gives the server as an announcement describes it, or as it is where none came (undefined). It
 * gives undefined for a message that is no announcement of this kind.
 */
export type ServerKind = (connection: Connection) => (announcement: Element | undefined) => XmppServer | undefined;
