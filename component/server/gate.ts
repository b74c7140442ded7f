import { setTimeout as sleep } from 'node:timers/promises';
import type { ComponentConfig } from '../../runtime/config.ts';
import type { Log } from '../../runtime/log.ts';
import type { QueueName, Queues, QueueWorker } from '../../runtime/queues.ts';
import type { Mode, Status } from '../../store/base/status.ts';
import type { Stream } from '../stream/stream.ts';
import type { Element } from '../stream/xml.ts';
import { missingRights, privilegeAdvice, type Rights, readRights } from './privileges.ts';

export type Gate = {
  /** A message from the server; the one that lists the rights opens the gate. */
  receive(message: Element): void;
  /** The server was seen to do something else than it says; nothing is done on this connection any more. */
  distrust(): void;
  /** Undefined while it is not known, or the component waits for its rights. */
  mode(): Mode | undefined;
  status(): Status;
  onStatus(listener: () => void): void;
};

/** Milliseconds after the handshake in which the server says what the component may do. */
const RIGHTS_DUE = 5_000;
const NO_RIGHTS: Rights = new Map();
const CONNECTION = 'the connection to the XMPP server';
/** Milliseconds until what could not be prepared is tried again. */
const AGAIN = 1_000;
const UNPRIVILEGED =
  'connected, without privileges: matches are offered and not set, and tunes are the users’ own clients’; grant what is lacking and connect again, and rosters are set';
const BROKEN_WORD =
  'The XMPP server confirms roster items and stores something else, as ejabberd does with subscriptions: nobody would become friends, and everybody would seem to say no. Earshot does nothing on this connection any more. Use a server that sets rosters (docs/operating.md), or take the roster right away and set EARSHOT_PRIVILEGES=optional, and connect again.';

/**
 * Lets the jobs run only while the stream is up and the server has granted what they need, or, where the operator says that they may do without,
 * has not. `prepare`: what has to be done before any job runs in that mode.
 */
export function createGate(
  stream: Stream,
  config: ComponentConfig,
  queues: Queues,
  workers: ReadonlyMap<QueueName, QueueWorker>,
  prepare: (mode: Mode) => Promise<void>,
  log: Log,
): Gate {
  const listeners: (() => void)[] = [];
  let missing = [CONNECTION];
  let mode: Mode | undefined;
  let rightsKnown = false;
  let distrusted = false;
  let due: NodeJS.Timeout | undefined;
  // Counts what the server has said: whoever waits for something looks whether it still holds.
  let word = 0;

  function waitFor(what: string[]): void {
    missing = what;
    for (const listener of listeners) listener();
  }

  function judge(rights: Rights): void {
    clearTimeout(due);
    rightsKnown = true;
    if (distrusted) return;
    word += 1;
    const lacking = missingRights(rights).map((right) => `the right ${right} on ${config.homeHost} (XEP-0356)`);
    const before = mode;
    mode = modeOf(lacking, config);
    if (mode === undefined || (before !== undefined && mode !== before)) close();
    if (mode !== undefined) return void enter(mode, lacking, word);
    waitFor(lacking);
    log.error({ missing }, privilegeAdvice(rights, config.homeHost, config.domain));
  }

  async function enter(next: Mode, lacking: readonly string[], mine: number): Promise<void> {
    waitFor(['everybody to be looked at, as the component begins to work']);
    while (mine === word) {
      try {
        await prepare(next);
        break;
      } catch (err) {
        log.warn({ err }, 'the component cannot begin to work');
        await sleep(AGAIN);
      }
    }
    if (mine !== word) return;
    waitFor([]);
    if (next === 'privileged') log.info('connected, with every right');
    else log.warn({ lacking }, UNPRIVILEGED);
    open();
  }

  function open(): void {
    for (const [queue, worker] of workers) {
      if (worker.isPaused()) worker.resume();
      else if (!worker.isRunning())
        void worker.run().catch((err: unknown) => log.error({ err, queue }, 'queue worker ended'));
      void queues.retryNow(queue).catch((err: unknown) => log.warn({ err, queue }, 'waiting jobs not brought forward'));
    }
  }

  function close(): void {
    // What is in flight fails by itself and is tried again; nobody has to wait for it.
    for (const worker of workers.values()) if (worker.isRunning()) void worker.pause(true);
  }

  stream.onOnline(() => {
    // The rights can come in the same packet as the handshake's answer, and so be known already.
    if (rightsKnown) return;
    waitFor(['the rights that the XMPP server should announce (XEP-0356)']);
    due = setTimeout(() => judge(NO_RIGHTS), RIGHTS_DUE);
  });
  stream.onOffline(() => {
    clearTimeout(due);
    rightsKnown = false;
    distrusted = false;
    word += 1;
    mode = undefined;
    waitFor([CONNECTION]);
    close();
  });
  stream.onStreamError((condition) => {
    if (condition === 'invalid-from')
      log.error(
        `New friends see each other only at their next presence change: add validate_from_addresses = false to Component "${config.domain}" in prosody.cfg.lua.`,
      );
    if (condition === 'conflict') log.warn('Another component is connected for this domain; this one stands by.');
  });

  return {
    receive(message) {
      const rights = readRights(message, config.homeHost);
      if (rights) judge(rights);
    },
    distrust() {
      distrusted = true;
      word += 1;
      mode = undefined;
      waitFor([`an XMPP server that stores the roster items that it confirms (${config.homeHost} stores others)`]);
      close();
      log.error({ missing }, BROKEN_WORD);
    },
    mode: () => mode,
    onStatus: (listener) => void listeners.push(listener),
    status: () => ({ ready: missing.length === 0, missing, ...(mode && { mode }) }),
  };
}

/** Undefined: the component waits. Half of the rights are none: what they allow would not fit together. */
function modeOf(missing: readonly string[], { privileges }: ComponentConfig): Mode | undefined {
  if (missing.length === 0) return 'privileged';
  return privileges === 'optional' ? 'unprivileged' : undefined;
}
