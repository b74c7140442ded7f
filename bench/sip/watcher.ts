import { randomUUID } from 'node:crypto';
import { openSip, type SipMessage } from './connection.ts';

export type Watcher = Awaited<ReturnType<typeof connectWatcher>>;

/** Seconds; longer than a run. */
const EXPIRES = 3_600;

/**
 * A user agent that watches all these users (RFC 3856, RFC 6665) and tells the title of every tune that it is notified of; undefined where
 * it hears that there is none.
 */
export async function connectWatcher(
  port: number,
  user: { name: string; domain: string },
  uris: readonly string[],
  heard: (title: string | undefined) => void,
) {
  const connection = await openSip(port, (request) => told(request, heard));
  const own = `sip:${user.name}@${user.domain}`;
  for (const uri of uris) {
    const answer = await connection.ask('SUBSCRIBE', uri, [
      `From: <${own}>;tag=${randomUUID()}`,
      `To: <${uri}>`,
      `Call-ID: ${randomUUID()}`,
      'CSeq: 1 SUBSCRIBE',
      `Contact: ${connection.contactOf(user.name)}`,
      'Event: presence',
      'Accept: application/pidf+xml',
      `Expires: ${EXPIRES}`,
    ]);
    if (!/^SIP\/2\.0 20[02]/.test(answer.start)) throw new Error(`The SUBSCRIBE was answered ${answer.start}`);
  }
  return { close: connection.close };
}

function told({ start, body }: SipMessage, heard: (title: string | undefined) => void): void {
  const [, title] = /<title>([^<]*)<\/title>/.exec(body) ?? [];
  if (start.startsWith('NOTIFY ')) heard(title && Buffer.from(title, 'latin1').toString());
}
