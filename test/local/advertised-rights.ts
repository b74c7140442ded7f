import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';

import type { XmppServer } from '../../local/xmpp-server.ts';

/** Connects as the component (XEP-0114) and returns what the server says it may do (XEP-0356), access or namespace to type. */
export async function advertisedRights(server: XmppServer): Promise<Record<string, string>> {
  const socket = connect(server.componentPort, '127.0.0.1').setEncoding('utf8');
  try {
    const xmlns = 'xmlns="jabber:component:accept" xmlns:stream="http://etherx.jabber.org/streams"';
    socket.write(`<stream:stream ${xmlns} to="${server.componentDomain}">`);
    const [, id] = await received(socket, /<stream:stream[^>]* id=['"]([^'"]+)/);
    const digest = createHash('sha1').update(`${id}${server.componentSecret}`).digest('hex');
    socket.write(`<handshake>${digest}</handshake>`);
    const [message] = await received(socket, /<message[\s\S]*<\/message>/);
    return rightsIn(message);
  } finally {
    socket.destroy();
  }
}

async function received(socket: Socket, pattern: RegExp): Promise<[string, string]> {
  let text = '';
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk;
    const match = pattern.exec(text);
    if (match !== null) return [match[0], match[1] ?? ''];
  }
  throw new Error(`the stream ended with ${text}`);
}

function rightsIn(message: string): Record<string, string> {
  const elements = message.match(/<(perm|namespace) [^>]*>/g) ?? [];
  const named = elements.map((element) => [attribute(element, '(?:access|ns)'), attribute(element, 'type')] as const);
  return Object.fromEntries(
    named.filter((entry): entry is [string, string] => entry[0] !== undefined && entry[1] !== undefined),
  );
}

function attribute(element: string, name: string): string | undefined {
  return new RegExp(`\\s${name}=['"]([^'"]*)`).exec(element)?.[1];
}
