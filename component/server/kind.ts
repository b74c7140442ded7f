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
 * One kind of XMPP server. It is made once, and then asked what a message from the server announces, or what is there when nothing was
 * announced (undefined). Undefined when the message is no announcement of this kind.
 */
export type ServerKind = (connection: Connection) => (announcement: Element | undefined) => XmppServer | undefined;
