import { setTimeout as sleep } from 'node:timers/promises';
import type { ComponentConfig } from '../../runtime/config/component-config.ts';
import type { Log } from '../../runtime/log.ts';
import type { MemoryWorker } from '../../runtime/queue/memory-worker.ts';
import type { Status } from '../../store/process/status.ts';
import type { Stream } from '../stream/stream.ts';
import type { Element } from '../stream/xml.ts';
import { createChoice } from './choice.ts';
import type { Connection } from './kind.ts';
import type { ServersConfig } from './kinds.ts';
import { announcerOf, NO_RIGHTS, type Rights, readRights } from './privileges.ts';
import { type Ability, Shut, type XmppServer } from './server.ts';

/** What lets the jobs run, and says why they do not. */
export type Gate = {
  /** A message from the server; the one that lists the rights opens the gate. */
  receive(message: Element): void;
  status(): Status;
  /**
   * The listener hears of each change: the server, undefined while it is not known or the component
   * waits for its rights, and whether the jobs run with it.
   */
  onStatus(listener: (server: XmppServer | undefined, ready: boolean) => void): void;
};

/** What is done before the jobs run, and is known of users by then. */
type Before = Record<'remind' | 'prepare', (server: XmppServer) => Promise<void>> & Pick<Connection, 'seemsOnline'>;

/** Milliseconds after the handshake in which the server says what the component may do. */
const RIGHTS_DUE = 5_000;
const CONNECTION = 'the connection to the XMPP server';
/** Milliseconds until what could not be prepared is tried again. */
const AGAIN = 1_000;
const LOOKING = 'everybody to be looked at, as the component begins to work';
const UNPRIVILEGED =
  'connected, without privileges: matches are offered and not set, and tunes are the users’ own clients’; grant what is lacking and connect again, and rosters are set';
const BROKEN_WORD =
  'The XMPP server confirms what it is told and stores something else: nobody would become friends, for example, and everybody would seem to say no. Earshot does nothing on this connection any more. Let it make accounts, so that it sees this before anybody else; take its rights away and set EARSHOT_PRIVILEGES=optional where the server cannot be mended; and connect again.';

/**
 * Lets the jobs run only while the stream is up and the server has granted what they need, or, where the operator says that they may do without,
 * has not. `remind`: what has to be done before anything else is done with that server; `prepare`: before any job runs; `seemsOnline`: as for
 * `Connection`.
 */
export function createGate(
  stream: Stream,
  config: ComponentConfig & ServersConfig,
  workers: readonly MemoryWorker[],
  { remind, prepare, seemsOnline }: Before,
  log: Log,
): Gate {
  const listeners: ((server: XmppServer | undefined, ready: boolean) => void)[] = [];
  const choose = createChoice({ ...config, stream, log, seemsOnline, distrust }, config);
  let missing = [CONNECTION];
  let toDo: string | undefined;
  /** Why there is no connection. */
  let trouble: string | undefined;
  let server: XmppServer | undefined;
  let rightsKnown = false;
  let distrusted = false;
  /** Hosts that announce rights, and are not the home. */
  let elsewhere = new Set<string>();
  let due: NodeJS.Timeout | undefined;
  // Counts what the server has said: whoever waits for something looks whether it still holds.
  let word = 0;

  /** `advice`: what the operator has to do about it, or had better do where nothing is missing. */
  function waitFor(what: string[], advice?: string): void {
    missing = what;
    toDo = advice;
    for (const listener of listeners) listener(server, missing.length === 0);
  }

  /** Tries until it is done, and undefined where the server has said something else meanwhile. */
  async function persist<Result>(mine: number, work: () => Promise<Result>): Promise<Result | undefined> {
    while (mine === word) {
      try {
        const result = await work();
        return mine === word ? result : undefined;
      } catch (err) {
        if (!(err instanceof Shut)) log.warn({ err }, 'the component cannot begin to work');
        else if (mine === word) waitUntilOpen(err);
        await sleep(AGAIN);
      }
    }
    return undefined;
  }

  /** Says so once, however often it is tried. */
  function waitUntilOpen({ what, message }: Shut): void {
    if (toDo === message) return;
    waitFor([what], message);
    log.error({ missing }, message);
  }

  async function judge(rights: Rights): Promise<void> {
    clearTimeout(due);
    rightsKnown = true;
    if (distrusted) return;
    word += 1;
    const mine = word;
    waitFor(['the XMPP server to say what it is']);
    const choice = await persist(mine, () => choose(rights));
    if (choice?.server) waitFor([LOOKING]);
    if (!choice || !(await persist(mine, () => done(remind, choice.server)))) return;
    const { lacks, advice } = choice.found;
    const before = server;
    server = choice.server;
    if (!server || (before && server.mode !== before.mode)) close();
    if (server) return enter(server, mine, choice.untried);
    const wrongHome = rights === NO_RIGHTS && elsewhere.size > 0;
    const sentence = wrongHome ? otherHome() : advice(abilitiesOf(choice.found));
    waitFor([...(wrongHome ? [otherHome()] : []), ...lacks.map(({ what }) => what)], sentence);
    log.error({ missing }, sentence);
  }

  function otherHome(): string {
    return `rights are granted by ${[...elsewhere].join(', ')}, and none by ${config.homeHost}, which EARSHOT_HOME_HOST names: is that the host whose users are served?`;
  }

  async function enter(next: XmppServer, mine: number, untried: string | undefined): Promise<void> {
    waitFor([LOOKING]);
    if (!(await persist(mine, () => done(prepare, next)))) return;
    const lacking = next.lacks.map(({ what }) => what);
    waitFor([], lacking.length === 0 ? untried : `${UNPRIVILEGED} (${lacking.join('; ')})`);
    if (lacking.length === 0) log.info('connected, with every right');
    else log.warn({ lacking }, UNPRIVILEGED);
    open();
  }

  function open(): void {
    for (const worker of workers) worker.open();
  }

  function close(): void {
    // What is in flight fails by itself and is tried again; nobody has to wait for it.
    for (const worker of workers) worker.shut();
  }

  function distrust(ability: Ability): void {
    distrusted = true;
    word += 1;
    server = undefined;
    waitFor(
      [`${ability} that ${config.homeHost} keeps as told (it confirms one thing and stores another)`],
      BROKEN_WORD,
    );
    close();
    log.error({ missing }, BROKEN_WORD);
  }

  stream.onTrouble((advice) => {
    trouble = advice;
    if (missing[0] === CONNECTION) waitFor([CONNECTION], trouble);
  });
  stream.onOnline(() => {
    trouble = undefined;
    // The rights can come in the same packet as the handshake's answer, and so be known already.
    if (rightsKnown) return;
    waitFor(['the rights that the XMPP server should announce (XEP-0356)']);
    due = setTimeout(() => void judge(NO_RIGHTS), RIGHTS_DUE);
  });
  stream.onOffline(() => {
    clearTimeout(due);
    rightsKnown = false;
    distrusted = false;
    elsewhere = new Set();
    word += 1;
    server = undefined;
    waitFor([CONNECTION], trouble);
    close();
  });

  return {
    receive(message) {
      const rights = readRights(message, config.homeHost);
      const announcer = announcerOf(message);
      if (rights) void judge(rights);
      else if (announcer !== undefined) elsewhere.add(announcer);
    },
    onStatus: (listener) => void listeners.push(listener),
    status: () => ({
      ready: missing.length === 0,
      missing,
      ...(toDo !== undefined && { advice: toDo }),
      ...(server && { mode: server.mode }),
    }),
  };
}

async function done(work: (server: XmppServer) => Promise<void>, server: XmppServer | undefined): Promise<true> {
  if (server) await work(server);
  return true;
}

function abilitiesOf({ lacks }: XmppServer): Ability[] {
  return [...new Set(lacks.map(({ ability }) => ability))];
}
