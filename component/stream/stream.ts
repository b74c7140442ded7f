import xmpp, { type Component, type IqHandler } from '@xmpp/component';
import type { Log } from '../../runtime/log.ts';
import { heedDoubt } from './doubt.ts';
import { guard } from './guard.ts';
import { pingOf } from './ping.ts';
import { createRequests, type Requests } from './requests.ts';
import { silenceAdvice, streamAdvice } from './stream-advice.ts';
import { writeTogether } from './together.ts';
import type { Element } from './xml.ts';

/**
 * `turn`: settles when this process may connect; it is asked before each time. `stillActive`: whether it may go on, for one that
 * stood still; undefined while there is no doubt.
 */
export type StreamOptions = {
  service: string;
  domain: string;
  secret: string;
  homeHost: string;
  turn?: () => Promise<void>;
  stillActive?: () => Promise<boolean> | undefined;
};

/** The connection to the XMPP server as a component (XEP-0114), which is made again whenever it breaks. */
export type Stream = {
  request: Requests['request'];
  waiting: Requests['waiting'];
  send(stanza: Element): Promise<void>;
  /** To be called before the server is told something in another way. @throws Fault UNAVAILABLE when another process speaks for the domain by now. */
  certain(): Promise<void>;
  /** Incoming messages and presences, in order. Returns how to hear no more. */
  onStanza(listener: (stanza: Element) => void): () => void;
  /** The handshake is done. */
  onOnline(listener: () => void): void;
  onOffline(listener: () => void): void;
  /** A stream error of the server, such as `conflict` or `invalid-from` (RFC 6120, section 4.9.3). */
  onStreamError(listener: (condition: string) => void): void;
  /** The connection cannot be made, or breaks: why, in the operator's words, with the setting to look at. */
  onTrouble(listener: (advice: string) => void): void;
  answerGet(xmlns: string, name: string, handler: IqHandler): void;
  answerSet(xmlns: string, name: string, handler: IqHandler): void;
  start(): void;
  /** Ends the connection that there is; the next is made in its turn. */
  drop(): Promise<void>;
  stop(): Promise<void>;
};

/** Milliseconds from connecting to the end of the handshake. */
const HANDSHAKE = 30_000;
/** Milliseconds that the server may take for each step of the end of a stream. */
const CLOSING = 2_000;
/** Milliseconds between two pings to the server (XEP-0199); one that is not answered ends the connection. */
const PING_INTERVAL = 10_000;

/** The component's stream (XEP-0114), which comes back by itself. */
export function createStream(options: StreamOptions, log: Log): Stream {
  const entity = xmpp.component({ service: options.service, domain: options.domain, password: options.secret });
  const requests = createRequests((stanza) => entity.send(stanza));
  const stanzaListeners = new Set<(stanza: Element) => void>();
  handOverDirectly(entity, requests, stanzaListeners);
  guard(entity, log);
  writeTogether(entity);
  const certain = heedDoubt(entity, options.stillActive ?? (() => undefined));
  const offlineListeners: (() => void)[] = [];
  const errorListeners: ((condition: string) => void)[] = [];
  const troubleListeners: ((advice: string) => void)[] = [];

  function tell(advice: string): void {
    for (const listener of troubleListeners) listener(advice);
  }

  entity.on('disconnect', () => {
    requests.fail();
    for (const listener of offlineListeners) listener();
  });
  entity.on('error', (err: Error & { condition?: string; code?: string }) => {
    const advice = streamAdvice(err, options);
    log.warn({ err, condition: err.condition }, advice);
    tell(advice);
    if (err.condition) for (const listener of errorListeners) listener(err.condition);
  });
  const connections = keepConnecting(entity, options);
  tuneSocket(entity);
  dropWhenSilent(
    entity,
    () => requests.request(pingOf(options.homeHost)),
    () => {
      const advice = silenceAdvice(options, HANDSHAKE / 1_000);
      log.warn(advice);
      tell(advice);
    },
  );

  return {
    request: requests.request,
    waiting: requests.waiting,
    send: (stanza) => entity.send(stanza),
    certain,
    onStanza(listener) {
      stanzaListeners.add(listener);
      return () => void stanzaListeners.delete(listener);
    },
    onOnline: (listener) => void entity.on('online', listener),
    onOffline: (listener) => void offlineListeners.push(listener),
    onStreamError: (listener) => void errorListeners.push(listener),
    onTrouble: (listener) => void troubleListeners.push(listener),
    answerGet: (xmlns, name, handler) => entity.iqCallee.get(xmlns, name, handler),
    answerSet: (xmlns, name, handler) => entity.iqCallee.set(xmlns, name, handler),
    start: connections.start,
    drop: () => end(entity),
    async stop() {
      connections.stop();
      await end(entity);
    },
  };
}

/**
 * What answers a request concerns nobody else, and messages and presences nobody but the listeners: xmpp.js, which looks for
 * handlers, would read their two JIDs each time.
 */
function handOverDirectly(
  entity: Component,
  requests: Requests,
  listeners: ReadonlySet<(stanza: Element) => void>,
): void {
  const take = entity._onElement;
  entity._onElement = (element) => {
    if (requests.answer(element)) return;
    if (element.name !== 'message' && element.name !== 'presence') return take.call(entity, element);
    for (const listener of listeners) listener(element);
  };
}

/** A server that does not end its side is not waited for. */
async function end(entity: Component): Promise<void> {
  if (!entity.socket) return;
  entity.timeout = CLOSING;
  await entity.stop().catch(() => {});
  entity.socket?.destroy();
}

/**
 * In place of xmpp.js' own reconnecting. Pauses of 250 ms to 5 s, so that a server that comes back is not met by everybody at
 * once. A connection that fails is reported as an error event.
 */
function keepConnecting(entity: Component, { service, domain, turn }: StreamOptions) {
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function connect(): Promise<void> {
    await turn?.();
    if (stopped) return;
    await entity.connect(service);
    await entity.open({ domain });
  }

  function start(): void {
    connect().catch(() => {});
  }

  entity.reconnect.stop();
  entity.on('online', () => {
    failures = 0;
  });
  entity.on('disconnect', () => {
    if (stopped) return;
    const pause = Math.min(250 * 2 ** failures, 5_000) * (0.5 + Math.random() / 2);
    failures += 1;
    clearTimeout(timer);
    timer = setTimeout(start, pause);
  });

  return {
    start,
    stop(): void {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/**
 * xmpp.js decodes each chunk by itself and would break a character that two chunks share. And a small stanza must not wait
 * for the acknowledgement of the one before (Nagle).
 */
function tuneSocket(entity: Component): void {
  entity.on('connect', () => entity.socket?.setNoDelay().setEncoding('utf8'));
}

/** `silent`: called when the handshake takes too long. */
function dropWhenSilent(entity: Component, ask: () => Promise<unknown>, silent: () => void): void {
  let timer: NodeJS.Timeout | undefined;
  entity.on('connect', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      silent();
      entity.socket?.destroy();
    }, HANDSHAKE);
    // A step that xmpp.js gave up before that would leave a stream that is open and never comes online.
    entity.timeout = HANDSHAKE;
  });
  entity.on('online', () => {
    clearTimeout(timer);
    entity.timeout = CLOSING;
    // Any answer will do, an error as well.
    timer = setInterval(
      () => void ask().catch((err) => err.code === 'UNAVAILABLE' && entity.socket?.destroy()),
      PING_INTERVAL,
    );
  });
  entity.on('disconnect', () => clearTimeout(timer));
}
