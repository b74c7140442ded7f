import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Milliseconds for a connection. */
const PATIENCE = 5_000;

/** Connects, makes sure of the certificate where it is TLS, and hangs up. @throws Error with a `code` */
export async function reach({ hostname, port }: { hostname: string; port: number }, tls: boolean): Promise<void> {
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket: Socket = tls
    ? connectTls({ host, port, ...(/[a-z]/i.test(host) && !host.includes(':') && { servername: host }) })
    : connectTcp({ host, port });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.setTimeout(PATIENCE, () => reject(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
      socket.once('error', reject).once(tls ? 'secureConnect' : 'connect', () => resolve());
    });
  } finally {
    socket.destroy();
  }
}

/** Of an `http://` or `https://` address. @throws Error with a `code` */
export async function reachUrl(url: string): Promise<void> {
  const { protocol, hostname, port } = new URL(url);
  const tls = protocol === 'https:';
  await reach({ hostname, port: Number(port) || (tls ? 443 : 80) }, tls);
}

const WORDS: Record<string, string> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection is cut',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ETIMEDOUT: 'nothing is answered',
  ENOTFOUND: 'its host has no address',
  EAI_AGAIN: 'no name server answers for its host',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by nobody who is known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes without the one that signed it',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no TLS is spoken there',
};

/** Why something cannot be reached, in words; without what was asked, and of whom. */
export function reasonOf(err: unknown): string {
  const { code, name, cause } = err as { code?: string; name?: string; cause?: unknown };
  if (code !== undefined) return WORDS[code] ?? code;
  if (cause !== undefined) return reasonOf(cause);
  return name === 'TimeoutError' ? 'nothing is answered' : (name ?? 'unknown');
}
