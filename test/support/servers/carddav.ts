import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '../../../local/children/child.ts';
import { requireProgram } from '../../../local/children/programs.ts';
import { waitUntil } from '../../../local/children/wait.ts';
import { acceptsConnections, freePort } from '../../../local/ports.ts';
import { createAuthorization } from '../../../worker/carddav/authorization.ts';
import { PATIENCE } from '../eventually.ts';

export const USER = { username: 'alice', password: 'Pässwörd: x' };

export type DavServer = {
  /** `http://127.0.0.1:port`, without a slash. */
  origin: string;
  /** The URL of the one address book. */
  book: string;
  folder: string;
  put(card: string, lines: string[]): Promise<void>;
  remove(card: string): Promise<void>;
  stop(): Promise<void>;
};

/** A real Radicale that knows one user, with one address book. */
export async function startRadicale(): Promise<DavServer> {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-radicale-'));
  const port = await freePort();
  await writeFile(join(folder, 'users'), `${USER.username}:${USER.password}\n`);
  const config = join(folder, 'config');
  await writeFile(
    config,
    `[server]\nhosts = 127.0.0.1:${port}\n[auth]\ntype = htpasswd\nhtpasswd_filename = ${folder}/users\nhtpasswd_encryption = plain\ndelay = 0\n[storage]\nfilesystem_folder = ${folder}/data\n`,
  );
  const child = await start('radicale', ['-C', config], folder, port);
  const server = davServer(child, folder, port, `/${USER.username}/book/`);
  await makeBook(server.book);
  return server;
}

/** Makes an address book there (RFC 6352, section 6.3.1). */
export async function makeBook(url: string): Promise<void> {
  const type = '<d:resourcetype><d:collection/><card:addressbook/></d:resourcetype>';
  const body = `<d:mkcol xmlns:d="DAV:" xmlns:card="urn:ietf:params:xml:ns:carddav"><d:set><d:prop>${type}</d:prop></d:set></d:mkcol>`;
  await call(url, 'MKCOL', body, 'application/xml');
}

/** A real Xandikos, which lets everybody in, with its address book. */
export async function startXandikos(): Promise<DavServer> {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-xandikos-'));
  const port = await freePort();
  const args = ['-d', join(folder, 'data'), '-l', '127.0.0.1', '-p', `${port}`, '--defaults'];
  return davServer(await start('xandikos', args, folder, port), folder, port, '/user/contacts/addressbook/');
}

/** Whether this system has sabre/dav: Debian has it no more since its release 13. */
export function hasSabre(): boolean {
  return existsSync('/usr/share/php/Sabre/autoload.php');
}

/** A real sabre/dav with Digest and without sync-collection, with one user and its address book. */
export async function startSabre(): Promise<DavServer> {
  const folder = await mkdtemp(join(tmpdir(), 'earshot-sabre-'));
  const port = await freePort();
  const script = new URL('sabre-server.php', import.meta.url).pathname;
  const settings = { SABRE_FOLDER: folder, SABRE_USER: USER.username, SABRE_PASSWORD: USER.password };
  const child = await start('php', ['-S', `127.0.0.1:${port}`, script], folder, port, settings);
  const server = davServer(child, folder, port, `/addressbooks/${USER.username}/book/`);
  await makeBook(server.book);
  return server;
}

async function start(
  name: string,
  args: string[],
  folder: string,
  port: number,
  settings: Record<string, string> = {},
): Promise<Child> {
  const program = requireProgram(name, name);
  const logFile = join(folder, 'log');
  const env = { ...process.env, ...settings };
  const child = await startChild({ name, program, args, env, logFile, deathSignal: 'KILL' });
  await waitUntil(() => acceptsConnections(port), {
    goal: `${name} did not answer`,
    timeoutMs: PATIENCE,
    children: [child],
  });
  return child;
}

function davServer(child: Child, folder: string, port: number, path: string): DavServer {
  const origin = `http://127.0.0.1:${port}`;
  const book = origin + path;
  return {
    origin,
    book,
    folder,
    async put(card, lines) {
      const text = ['BEGIN:VCARD', 'VERSION:3.0', `UID:${card}`, 'N:x;;;;', ...lines, 'END:VCARD', ''].join('\r\n');
      await call(`${book}${card}.vcf`, 'PUT', text, 'text/vcard');
    },
    remove: (card) => call(`${book}${card}.vcf`, 'DELETE'),
    async stop() {
      await child.stop(1_000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** With Basic, or with Digest where the server asks for it. */
export async function call(url: string, method: string, body?: string, type = ''): Promise<void> {
  const { of, learn } = createAuthorization(USER);
  const send = () =>
    fetch(url, {
      method,
      headers: { authorization: of(method, new URL(url)) ?? '', 'content-type': type },
      ...(body === undefined ? {} : { body }),
    });
  let response = await send();
  if (response.status === 401 && learn(response.headers.get('www-authenticate') ?? '')) response = await send();
  if (!response.ok) throw new Error(`${method} ${response.status}: ${await response.text()}`);
}

export type Relay = {
  origin: string;
  asked: { method: string; body: string; authorization: string | undefined }[];
  /** Requests for cards are not handed on from now on, until the function that it returns is called. */
  hold(): () => void;
  stop(): void;
};

/** Hands requests on to a server and remembers them; what its answers say of themselves are paths, so nobody notices. */
export async function startRelay(target: string): Promise<Relay> {
  const asked: Relay['asked'] = [];
  let gate = Promise.resolve();
  const server = createServer(async (incoming, outgoing) => {
    const body = await textOf(incoming);
    asked.push({ method: incoming.method ?? '', body, authorization: incoming.headers.authorization });
    if (body.includes('multiget')) await gate;
    const { method, headers, url = '/' } = incoming;
    request(target + url, { method: method ?? 'GET', headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    })
      .on('error', () => outgoing.destroy())
      .end(body);
  });
  return {
    origin: await listen(server),
    asked,
    hold() {
      let release = () => {};
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    stop: () => close(server),
  };
}

export type Answer = (path: string, outgoing: import('node:http').ServerResponse, incoming: IncomingMessage) => void;

/** A server that means no good. */
export async function startHostile(answer: Answer): Promise<{ origin: string; stop(): void }> {
  const server = createServer((incoming, outgoing) => answer(incoming.url ?? '/', outgoing, incoming));
  return { origin: await listen(server), stop: () => close(server) };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function close(server: Server): void {
  server.closeAllConnections();
  server.close();
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}
