import { connect } from 'node:net';

import { LOOPBACK } from './ports.ts';

/** Milliseconds for an answer: a busy machine may take long, and a server that dies closes the connection. */
const PATIENCE_MS = 30_000;

/**
 * Whether a server at this port offers XMPP clients of `domain` its stream features (RFC 6120, section 4.3.2). A port opens before all
 * modules are loaded; this answer comes after.
 */
export function offersFeatures(port: number, domain: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    let answer = '';
    function finish(answered: boolean): void {
      socket.destroy();
      resolve(answered);
    }
    socket.setEncoding('utf8').setTimeout(PATIENCE_MS, () => finish(false));
    socket.once('error', () => finish(false));
    socket.once('close', () => finish(false));
    socket.once('connect', () => socket.write(streamHeader(domain)));
    socket.on('data', (chunk: string) => {
      answer += chunk;
      if (answer.includes('<stream:features')) finish(true);
    });
  });
}

function streamHeader(domain: string): string {
  const namespaces = 'xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams"';
  return `<?xml version="1.0"?><stream:stream to="${domain}" version="1.0" ${namespaces}>`;
}
