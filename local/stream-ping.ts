import { askPort } from './ask-port.ts';

/**
 * Whether a server at this port offers XMPP clients of `domain` its stream features (RFC 6120, section 4.3.2). A port opens
 * before all modules are loaded; this answer comes after.
 */
export function offersFeatures(port: number, domain: string): Promise<boolean> {
  return askPort(port, streamHeader(domain), (answer) => answer.includes('<stream:features') || undefined);
}

function streamHeader(domain: string): string {
  const namespaces = 'xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams"';
  return `<?xml version="1.0"?><stream:stream to="${domain}" version="1.0" ${namespaces}>`;
}
