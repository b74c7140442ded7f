import { lookup } from 'node:dns/promises';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { createServer } from 'node:net';
import type { ListenPlace } from '../../../runtime/config/edge-config.ts';
import type { GatewayConfig } from '../../../runtime/config/gateway-config.ts';
import { type Check, type Finding, fault, ok, warning } from '../finding.ts';

/** Milliseconds for an answer of whoever has the port. */
const PATIENCE = 3_000;

/** A place where a gateway listens, by the setting that names it; `isOurs`: whether a gateway answers so there. */
type Listener = {
  place: ListenPlace;
  host: string;
  port: string;
  tls: boolean;
  path: string;
  isOurs(answer: string): boolean;
};

/** Whether the gateway's own addresses are free, or a gateway has them. */
export const ports: Check = {
  name: 'ports',
  async look({ gateway, needs }) {
    if (!gateway) return [];
    needs('EARSHOT_HTTP_HOST', 'EARSHOT_HTTP_PORT', 'EARSHOT_METRICS_LISTEN');
    const found: Finding[] = [];
    for (const listener of listenersOf(gateway)) found.push(await lookAt(listener));
    if (await isBlocked(gateway.port))
      found.push(
        warning(
          `no browser connects to port ${gateway.port} (Fetch Standard, "bad ports"): choose another EARSHOT_HTTP_PORT, or put a proxy before it`,
        ),
      );
    return found;
  },
};

function listenersOf({ host, port, edge: { tls, metrics } }: GatewayConfig): Listener[] {
  const api: Listener = {
    place: { host, port },
    host: 'EARSHOT_HTTP_HOST',
    port: 'EARSHOT_HTTP_PORT',
    tls: tls !== undefined,
    path: '/livez',
    isOurs: (answer) => answer.includes('"alive"'),
  };
  if (!metrics) return [api];
  const name = 'EARSHOT_METRICS_LISTEN';
  return [
    api,
    {
      place: metrics,
      host: name,
      port: name,
      tls: false,
      path: '/metrics',
      isOurs: (answer) => answer.includes('earshot_'),
    },
  ];
}

async function lookAt({ place: { host, port }, tls, path, isOurs, ...names }: Listener): Promise<Finding> {
  const at = `${host}:${port}`;
  try {
    const { address } = await lookup(host);
    await listenAt(address, port);
    return ok(`${at} (${names.port}) is free`);
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return fault(`${names.host} has no address`);
    if (code === 'EADDRNOTAVAIL') return fault(`${names.host} is no address of this machine: 0.0.0.0 is each of them`);
    if (code === 'EACCES')
      return fault(
        `${names.port} is below 1024, where this user may not listen: choose another, and put a proxy before it`,
      );
    if (code !== 'EADDRINUSE') throw err;
    // One that runs may have been started before it was told of TLS.
    for (const secure of [tls, !tls])
      if (isOurs(await ask(host, port, path, secure))) return ok(`a gateway has ${at} (${names.port})`);
    return fault(`another program has ${at}: end it, or choose another ${names.port}`);
  }
}

/** Whether `fetch`, like every browser, refuses to connect to that port, of whatever host. */
async function isBlocked(port: number): Promise<boolean> {
  const signal = AbortSignal.timeout(PATIENCE);
  const refused = await fetch(`http://127.0.0.1:${port}/livez`, { signal }).catch((err: Error) => err);
  return refused instanceof Error && refused.cause instanceof Error && refused.cause.message === 'bad port';
}

/** Takes the port for a moment. @throws Error with a `code` */
async function listenAt(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) =>
    server.once('error', reject).listen({ host, port, exclusive: true }, resolve),
  );
  await new Promise((resolve) => server.close(resolve));
}

/** What is answered, at the most its beginning; empty for whoever speaks no HTTP. Whose certificate it is is no question here. */
async function ask(host: string, port: number, path: string, tls: boolean): Promise<string> {
  const everywhere: Record<string, string> = { '0.0.0.0': '127.0.0.1', '::': '::1' };
  const options = {
    host: everywhere[host] ?? host,
    port,
    path,
    timeout: PATIENCE,
    rejectUnauthorized: false,
    agent: false as const,
  };
  return new Promise((resolve) => {
    const request = (tls ? getHttps : getHttp)(options, (response) => {
      let text = '';
      const end = () => {
        response.destroy();
        resolve(text);
      };
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        if (text.length > 65_536) end();
      });
      response.on('end', end).on('error', end);
    });
    request.on('timeout', () => request.destroy()).on('error', () => resolve(''));
  });
}
