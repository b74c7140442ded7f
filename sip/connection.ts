import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  IncomingResponseMessage,
  LoggerFactory,
  type OutgoingRequestMessage,
  Parser,
  URI,
  UserAgentClient,
  UserAgentCore,
} from 'sip.js/lib/core/index.js';
import type { SipPlace } from '../runtime/config/sip-config.ts';
import { readVersion } from '../runtime/version.ts';
import { type Challenge, createDigest, type Digest, type Login, withBestChallenge } from './digest.ts';
import { createFraming } from './framing.ts';
import { PIDF } from './pidf.ts';
import { Transaction } from './transaction.ts';

/** A PUBLISH about that user (RFC 3903, section 4). `headers`: beside those that every request has. `body`: a presence document. */
export type PublishRequest = { user: string; headers: readonly string[]; body: string | undefined };

/** The final answer to a request. `header`: the first one of that name, in any case. */
export type Answer = { status: number; header(name: string): string | undefined };

/** The connection is gone, or could not be made, and with it what was under way. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** The server did not answer in time. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** Milliseconds for a connection to be made, and for an answer: less than the 32 s of RFC 3261, as what is told is old by then. */
const PATIENCE = 5_000;
/** Bytes that wait to be sent at most: a server that reads nothing is left. */
const MOST_UNSENT = 4_194_304;
/** Milliseconds after which an idle connection is probed by TCP. */
const KEEP_ALIVE = 30_000;

/**
 * `patience`: milliseconds for it, and for an answer; `signal`: gives up making it; `goesOn`: asked before a request is sent once more,
 * with the credentials for which the server has asked, and whether it only takes something away.
 */
type ConnectOptions = {
  patience?: number | undefined;
  signal?: AbortSignal;
  goesOn?: (takesAway: boolean) => boolean;
};

export type Connection = Awaited<ReturnType<typeof connect>>;

/**
 * A connection to the presence server over TCP or TLS, with the transactions of sip.js on it (RFC 3261, section 17.1.2).
 * What is under way when it ends fails at once. @throws ConnectionLost
 */
export async function connect(
  place: SipPlace,
  login: Login | undefined,
  { patience = PATIENCE, signal, goesOn = () => true }: ConnectOptions = {},
) {
  const socket = await openSocket(place, patience, signal);
  const digest = login && createDigest(login);
  const failing = new Set<(err: Error) => void>();
  const core = createCore(socket, place, digest, goesOn);
  const read = createFraming((text) => receive(core, text));
  let authorization = 'authorization';
  let ended = false;

  function end(): void {
    if (ended) return;
    ended = true;
    socket.destroy();
    for (const fail of [...failing]) fail(new ConnectionLost('the presence server has ended the connection'));
    core.dispose();
  }

  socket.on('data', (chunk) => {
    try {
      read(chunk);
      if (socket.writableLength > MOST_UNSENT) end();
    } catch {
      // No SIP, or none that can be read.
      end();
    }
  });
  for (const event of ['error', 'end', 'close']) socket.on(event, end);

  return {
    /** How many requests wait for their answer. */
    underWay: () => failing.size,
    isOpen: () => !ended,
    end,
    /** Settles with the final answer, whatever it is. @throws ConnectionLost @throws NoAnswer */
    publish(request: PublishRequest): Promise<Answer> {
      const message = messageOf(core, place.domain, request);
      const words = digest?.words(message);
      if (words !== undefined) message.setHeader(authorization, words);
      return new Promise((resolve, reject) => {
        if (ended) return reject(new ConnectionLost('the connection to the presence server is gone'));
        const timer = setTimeout(() => fail(new NoAnswer('the presence server does not answer')), patience);
        const answered = ({ message: answer }: { message: IncomingResponseMessage }) => {
          if (message.getHeader('proxy-authorization') !== undefined) authorization = 'proxy-authorization';
          settled();
          resolve({ status: answer.statusCode ?? 0, header: (name) => answer.getHeader(name) });
        };
        const delegate = { onAccept: answered, onRedirect: answered, onReject: answered };
        const client = new UserAgentClient(Transaction, core, message, delegate);
        failing.add(fail);
        function fail(err: Error): void {
          settled();
          drop(core, client);
          reject(err);
        }
        function settled(): void {
          clearTimeout(timer);
          failing.delete(fail);
        }
      });
    },
  };
}

/** @throws ConnectionLost */
async function openSocket(
  { host, port, tls }: SipPlace,
  patience: number,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const socket = tls
    ? connectTls({ host, port, ...(isIP(host) === 0 && { servername: host }) })
    : connectTcp({ host, port });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE);
  return new Promise((resolve, reject) => {
    const refuse = (why: string) => {
      socket.destroy();
      reject(new ConnectionLost(`cannot connect to the presence server: ${why}`));
    };
    const timer = setTimeout(() => refuse('it does not answer'), patience);
    const stopped = () => refuse('the process ends');
    signal?.addEventListener('abort', stopped);
    const refused = (err: NodeJS.ErrnoException) => refuse(err.code ?? err.message);
    socket.once('error', refused);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      settled();
      socket.off('error', refused);
      resolve(socket);
    });
    socket.once('close', settled);
    function settled(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stopped);
    }
  });
}

/** The core of sip.js on that socket. It logs nothing: its words hold numbers. */
function createCore(
  socket: Socket,
  { tls, domain }: SipPlace,
  digest: Digest | undefined,
  goesOn: (takesAway: boolean) => boolean,
): UserAgentCore {
  const loggerFactory = new LoggerFactory();
  loggerFactory.builtinEnabled = false;
  const own = new URI('sip', 'earshot', domain);
  const transport = {
    protocol: tls ? 'TLS' : 'TCP',
    send: async (text: string) => {
      if (!socket.destroyed) socket.write(text);
    },
  };
  return new UserAgentCore({
    aor: own,
    contact: { pubGruu: undefined, tempGruu: undefined, uri: own, toString: () => `<${own}>` },
    displayName: '',
    loggerFactory,
    hackViaTcp: false,
    routeSet: [],
    sipjsId: 'earshot',
    supportedOptionTags: [],
    supportedOptionTagsResponse: [],
    userAgentHeaderFieldValue: `Earshot/${readVersion()}`,
    viaForceRport: false,
    viaHost: viaOf(socket),
    // Of what sip.js has for it the two methods that it calls.
    authenticationFactory: () => (digest && authentication(digest, goesOn)) as never,
    transportAccessor: () => transport,
  });
}

function authentication(digest: Digest, goesOn: (takesAway: boolean) => boolean) {
  let words: string | undefined;
  return {
    authenticate(request: OutgoingRequestMessage, challenge: Challenge): boolean {
      words = digest.answerTo(request, challenge);
      return words !== undefined && goesOn(request.body === undefined);
    },
    toString: () => words ?? '',
  };
}

/** Where answers come: an address of this machine, as the server sees it if nothing lies between. */
function viaOf({ localAddress = '127.0.0.1', localPort }: Socket): string {
  return `${isIP(localAddress) === 6 ? `[${localAddress}]` : localAddress}:${localPort}`;
}

/** @throws anything for what cannot be read */
function receive(core: UserAgentCore, text: string): void {
  const message = Parser.parseMessage(withBestChallenge(text), core.loggerFactory.getLogger('sip.parser'));
  if (message === undefined) throw new Error('the message cannot be read');
  if (message instanceof IncomingResponseMessage) core.receiveIncomingResponseFromTransport(message);
  // Nobody has anything to ask here; without a transaction nothing is kept of it.
  else if (message.method !== 'ACK') core.replyStateless(message, { statusCode: 405 });
}

function messageOf(core: UserAgentCore, domain: string, { user, headers, body }: PublishRequest) {
  const uri = new URI('sip', user, domain, undefined, { user: 'phone' });
  return core.makeOutgoingRequestMessage(
    'PUBLISH',
    uri,
    uri,
    uri,
    { optionTags: [] },
    ['Event: presence', ...headers],
    body === undefined ? undefined : { contentDisposition: 'render', contentType: PIDF, content: body },
  );
}

/** The library forgets a transaction when it has ended, and one that is given up does not end. */
function drop(core: UserAgentCore, client: object): void {
  for (const [id, one] of core.userAgentClients)
    if (one === client) {
      core.userAgentClients.delete(id);
      one.dispose();
    }
}
