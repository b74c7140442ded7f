import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

import { StartError } from './start-error.ts';

/** The only address that the private servers listen on. */
export const LOOPBACK = '127.0.0.1';

/** What binding a loopback port would come to. */
export type PortState = 'free' | 'taken' | 'forbidden';

/** Tries to bind `port` on the loopback interface and lets it go again. */
export function portState(port: number): Promise<PortState> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve('taken');
      else if (error.code === 'EACCES') resolve('forbidden');
      else reject(error);
    });
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => server.close(() => resolve('free')));
  });
}

/** Whether something on the loopback interface accepts connections at `port`. */
export function acceptsConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Throws `PORT_TAKEN` or `PORT_FORBIDDEN` unless `port` can be bound.
 * @param purpose completes "Port 5222 is needed for …"
 * @param remedy what the reader can do about it
 */
export async function requireFreePort(port: number, purpose: string, remedy: string): Promise<void> {
  const state = await portState(port);
  if (state === 'taken') {
    throw new StartError(
      'PORT_TAKEN',
      `Port ${port} is needed for ${purpose}, but another program listens there. ${remedy}`,
    );
  }
  if (state === 'forbidden') {
    throw new StartError(
      'PORT_FORBIDDEN',
      `Port ${port} is needed for ${purpose}, but this user may not open it. ${remedy}`,
    );
  }
}

/** The same for both ports that every XMPP server listens on. */
export async function requireXmppPorts(ports: { c2sPort: number; componentPort: number }): Promise<void> {
  const another = 'End that program or choose another port';
  await requireFreePort(ports.c2sPort, 'XMPP clients', `${another} with EARSHOT_XMPP_PORT.`);
  await requireFreePort(ports.componentPort, 'XMPP components', `${another}.`);
}

/** Above all "bad ports" of the Fetch Standard, of which 10080 is the highest: neither Node.js' `fetch` nor any browser connects to one. */
const LOWEST = 10_081;

/**
 * Finds different free loopback ports. They lie below the range from which the kernel takes the ports of outgoing connections: there, a
 * client that tries to reconnect to a server that is down could take the server's port, or even connect to itself.
 */
export async function freePorts(count: number): Promise<number[]> {
  const highest = lowestEphemeralPort() - 1;
  const found = new Set<number>();
  for (let attempt = 0; found.size < count && attempt < 1_000; attempt += 1) {
    const port = LOWEST + Math.floor(Math.random() * (highest - LOWEST + 1));
    if (!found.has(port) && (await portState(port)) === 'free') found.add(port);
  }
  if (found.size < count) throw new StartError('PORT_TAKEN', `No free ports between ${LOWEST} and ${highest}.`);
  return [...found];
}

/** Finds one free loopback port, see {@link freePorts}. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}

function lowestEphemeralPort(): number {
  try {
    const [lowest] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s+/);
    const port = Number(lowest);
    return port > 12_000 ? port : 32_768;
  } catch {
    return 32_768;
  }
}
