import { setTimeout as sleep } from 'node:timers/promises';
import type { ComponentConfig } from '../../runtime/config/config.ts';
import type { Log } from '../../runtime/log.ts';
import type { QueueName } from '../../runtime/queue-table.ts';
import type { QueueWorker } from '../../runtime/queue-worker.ts';
import type { Queues } from '../../runtime/queues.ts';
import type { Status } from '../../store/base/status.ts';
import type { Stream } from '../stream/stream.ts';
import type { Element } from '../stream/xml.ts';
import { createChoice } from './choice.ts';
import { NO_RIGHTS, type Rights, readRights } from './privileges.ts';
import type { Ability, XmppServer } from './server.ts';

/** What lets the jobs run, and says why they do not. */
export type Gate = {
  /** A message from the server; the one that lists the rights opens the gate. */
  receive(message: Element): void;
  /** Undefined while it is not known, or the component waits for its rights. */
  server(): XmppServer | undefined;
  status(): Status;
  onStatus(listener: () => void): void;
};

/** Milliseconds after the handshake in which the server says what the component may do. */
const RIGHTS_DUE = 5_000;
const CONNECTION = 'the connection to the XMPP server';
/** Milliseconds until what could not be prepared is tried again. */
const AGAIN = 1_000;
const UNPRIVILEGED =
  'connected, without privileges: matches are offered and not set, and tunes are the users’ own clients’; grant what is lacking and connect again, and rosters are set';
const BROKEN_WORD =
  'The XMPP server confirms what it is told and stores something else: nobody would become friends, for example, and everybody would seem to say no. Earshot does nothing on this connection any more. Let it make accounts, so that it sees this before anybody else; take its rights away and set EARSHOT_PRIVILEGES=optional where the server cannot be mended; and connect again.';

/**
 * Lets the jobs run only while the stream is up and the server has granted what they need, or, where the operator says that they may do without,
 * has not. `prepare`: what has to be done before any job runs with that server.
 */
export function createGate(
  stream: Stream,
  config: ComponentConfig,
  queues: Queues,
  workers: ReadonlyMap<QueueName, QueueWorker>,
  prepare: (server: XmppServer) => Promise<void>,
  log: Log,
): Gate {
  const listeners: (() => void)[] = [];
  const choose = createChoice({ ...config, stream, log, distrust }, config);
  let missing = [CONNECTION];
  let server: XmppServer | undefined;
  let rightsKnown = false;
  let distrusted = false;
  let due: NodeJS.Timeout | undefined;
  // Counts what the server has said: whoever waits for something looks whether it still holds.
  let word = 0;

  function waitFor(what: string[]): void {
    missing = what;
    for (const listener of listeners) listener();
  }

  /** Tries until it is done, and undefined where the server has said something else meanwhile. */
  async function persist<Result>(mine: number, work: () => Promise<Result>): Promise<Result | undefined> {
    while (mine === word) {
      try {
        const result = await work();
        return mine === word ? result : undefined;
      } catch (err) {
        log.warn({ err }, 'the component cannot begin to work');
        await sleep(AGAIN);
      }
    }
    return undefined;
  }

  async function judge(rights: Rights): Promise<void> {
    clearTimeout(due);
    rightsKnown = true;
    if (distrusted) return;
    word += 1;
    const mine = word;
    waitFor(['the XMPP server to say what it is']);
    const choice = await persist(mine, () => choose(rights));
    if (!choice) return;
    const { lacks, advice } = choice.found;
    const before = server;
    server = choice.server;
    if (!server || (before && server.mode !== before.mode)) close();
    if (server) return enter(server, mine);
    waitFor(lacks.map(({ what }) => what));
    log.error({ missing }, advice(abilitiesOf(choice.found)));
  }

  async function enter(next: XmppServer, mine: number): Promise<void> {
    waitFor(['everybody to be looked at, as the component begins to work']);
    const prepared = await persist(mine, async () => {
      await prepare(next);
      return true;
    });
    if (!prepared) return;
    waitFor([]);
    if (next.lacks.length === 0) log.info('connected, with every right');
    else log.warn({ lacking: next.lacks.map(({ what }) => what) }, UNPRIVILEGED);
    open();
  }

  function open(): void {
    for (const [queue, worker] of workers) {
      worker.open();
      void queues.retryNow(queue).catch((err: unknown) => log.warn({ err, queue }, 'waiting jobs not brought forward'));
    }
  }

  function close(): void {
    // What is in flight fails by itself and is tried again; nobody has to wait for it.
    for (const worker of workers.values()) worker.shut();
  }

  function distrust(ability: Ability): void {
    distrusted = true;
    word += 1;
    server = undefined;
    waitFor([`${ability} that ${config.homeHost} keeps as told (it confirms one thing and stores another)`]);
    close();
    log.error({ missing }, BROKEN_WORD);
  }

  stream.onOnline(() => {
    // The rights can come in the same packet as the handshake's answer, and so be known already.
    if (rightsKnown) return;
    waitFor(['the rights that the XMPP server should announce (XEP-0356)']);
    due = setTimeout(() => void judge(NO_RIGHTS), RIGHTS_DUE);
  });
  stream.onOffline(() => {
    clearTimeout(due);
    rightsKnown = false;
    distrusted = false;
    word += 1;
    server = undefined;
    waitFor([CONNECTION]);
    close();
  });
  stream.onStreamError((condition) => {
    if (condition === 'conflict') log.warn('Another component is connected for this domain; this one stands by.');
  });

  return {
    receive(message) {
      const rights = readRights(message, config.homeHost);
      if (rights) void judge(rights);
    },
    server: () => server,
    onStatus: (listener) => void listeners.push(listener),
    status: () => ({ ready: missing.length === 0, missing, ...(server && { mode: server.mode }) }),
  };
}

function abilitiesOf({ lacks }: XmppServer): Ability[] {
  return [...new Set(lacks.map(({ ability }) => ability))];
}
