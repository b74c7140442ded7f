import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import type { Element, Parser as XmppParser } from '@xmpp/xml';

// The installed @xmpp/xml is CommonJS, its types say otherwise.
const { Parser } = createRequire(import.meta.url)('@xmpp/xml') as { Parser: typeof XmppParser };

const PING = 'urn:xmpp:ping';
/** Whom the component pings. */
const HOST = 'op.example/earshot';
const RIGHTS =
  "<message from='op.example' to='tune.op.example'><privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='both'/>" +
  "<perm access='presence' type='roster'/><perm access='iq'><namespace ns='http://jabber.org/protocol/pubsub' type='both'/><namespace ns='http://jabber.org/protocol/pubsub#owner' type='both'/></perm></privilege></message>";

const NOT_FOUND = "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

export type FakeServer = Awaited<ReturnType<typeof startFakeServer>>;

/**
 * The server's side of XEP-0114, for what no real server would let through: it takes any secret, grants every right, and sends
 * the component whatever text it is told.
 */
export async function startFakeServer() {
  let socket: Socket | undefined;
  let streams = 0;
  let greeting = '';
  const heard = new Set<(stanza: Element) => void>();
  const server = createServer((incoming) => {
    socket = incoming.setEncoding('utf8');
    const parser = new Parser();
    parser.on('start', () =>
      incoming.write(
        "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' from='tune.op.example' id='s1'>",
      ),
    );
    parser.on('element', (stanza: Element) => {
      if (stanza.name === 'handshake') {
        incoming.write(`<handshake/>${RIGHTS}${greeting}`);
        streams += 1;
      } else if (stanza.getChild('ping', PING) && stanza.attrs.to === HOST) {
        // The component ends a stream on which its pings are not answered.
        incoming.write(`<iq type='result' id='${stanza.attrs.id}' from='${HOST}' to='tune.op.example'/>`);
      } else if (stanza.name === 'iq' && stanza.attrs.type === 'get' && stanza.attrs.to === 'op.example') {
        // What it is it does not say.
        incoming.write(
          `<iq type='error' id='${stanza.attrs.id}' from='op.example' to='tune.op.example'>${NOT_FOUND}</iq>`,
        );
      } else for (const listener of heard) listener(stanza);
    });
    parser.on('end', () => incoming.end('</stream:stream>'));
    parser.on('error', () => incoming.destroy());
    incoming.on('data', (text) => parser.write(`${text}`)).on('error', () => {});
    incoming.on('close', () => {
      if (socket === incoming) socket = undefined;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    service: `xmpp://127.0.0.1:${port}`,
    /** How many times a component has come online. */
    streams: () => streams,
    connected: () => socket !== undefined,
    /** What the packet that ends the handshake holds besides, from the next stream on. */
    greet(text: string): void {
      greeting = text;
    },
    drop: () => void socket?.destroy(),
    send: (text: string) => void socket?.write(text),
    onStanza: (listener: (stanza: Element) => void) => {
      heard.add(listener);
      return () => void heard.delete(listener);
    },
    async stop(): Promise<void> {
      socket?.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
