import { Fault } from '../../domain/fault.ts';
import type { ComponentConfig } from '../../runtime/config/component-config.ts';
import { elapsed } from '../../runtime/elapsed.ts';
import { every, type Running } from '../../runtime/lifecycle.ts';
import type { Work } from '../../runtime/queue/queues.ts';
import type { Context } from '../context.ts';
import {
  createMadeItems,
  type Entries,
  type KeepsMade,
  type MadeItems,
  notedAtOnce,
  withChanges,
} from '../roster/made-items.ts';
import { createMadeLately } from '../roster/made-lately.ts';
import { ownAccount } from '../server/own-account.ts';
import type { KeepAbility, XmppServer } from '../server/server.ts';
import { bringBack } from './bring-back.ts';
import { intendAll } from './lost-server.ts';
import { createPassOver } from './pass-over.ts';
import { compareStamps, renewStamp, type Stamped } from './server-stamp.ts';
import { writeLedgers } from './write-ledgers.ts';

/** Milliseconds between two stamps while jobs run. */
const INTERVAL = 5_000;
/** Milliseconds between two looks at what accounts' own nodes have still to be told. */
const SETTLING = 2_000;

const AFTER = {
  none: 'none',
  untrue: 'none',
  first: 'wanted',
  lost: 'wanted',
  same: 'stamped',
  apart: 'stamped',
} as const;
const UNTRUE = 'the XMPP server confirms what is written into a private node, and holds something else';

/**
 * A connection that has begun. `none`: there can be no stamp, and so nothing is kept; `wanted`: before there is one, all ledgers
 * have still to be written. `held`: the stamp that the server has. `over`: Redis was put back, and it is to end.
 */
type Connection = { state: 'none' | 'wanted' | 'stamped'; held: string | undefined; over: boolean };

/** Notices data that are older than what the XMPP server was told, and brings the server back to them (decision 279). */
export type Restore = Running & {
  /** What roster jobs write there. */
  made: KeepsMade;
  /** To be called when a connection begins, before any job runs. `tune`: the job of the tune. */
  begin(server: XmppServer, tune: Work): Promise<void>;
  /** There is another server, or none. */
  workWith(server: XmppServer | undefined): void;
  /**
   * To be called before each job that may tell the server something. `lasts`: what it tells stays, and what is missing of it is taken for a user's no, as with roster items: where the last stamp is older than five
   * seconds it waits for a new one, or a copy that has that stamp would pass for the present, however old it is. @throws Fault UNAVAILABLE where
   * Redis was put back while the component was connected
   */
  works(lasts: boolean): Promise<void>;
  /** Redis was away, and may have come back with other data. */
  missed(): void;
  /** The stream is gone. */
  forget(): void;
};

/** `drop`: ends the connection that there is; with the next one the server is brought back. `clock`: milliseconds that only go on. */
export function createRestore(
  context: Context,
  config: Pick<ComponentConfig, 'homeHost' | 'domain' | 'secret'>,
  drop: () => Promise<void>,
  clock: () => number = elapsed,
): Restore {
  const { stores, log } = context;
  const made = createMadeItems(config.secret, keepsNow);
  const lately = createMadeLately({ made, account: ownAccount(config), keeps: keepsNow, entriesOf, log });
  let worked = false;
  let renewing: Promise<void> | undefined;
  /** When the server was given the stamp that it has, by `clock`. */
  let renewedAt = Number.NEGATIVE_INFINITY;
  let stopping = false;
  let present: Stamped | undefined;
  let connection: Connection | undefined;
  /** How many streams are gone. */
  let gone = 0;
  /** How often Redis was away, and how often it had the stamp afterwards. */
  const away = { times: 0, known: 0 };

  /** Undefined where nothing is kept. @throws Fault UNAVAILABLE */
  function keepsNow(): KeepAbility | undefined {
    if (connection?.state === 'none') return undefined;
    if (!connection || !present) throw new Fault('UNAVAILABLE', 'The XMPP server is not there, or grants too little.');
    return present.keeps;
  }

  /** One at a time. */
  function renew(): Promise<void> {
    renewing ??= stampAnew().finally(() => {
      renewing = undefined;
    });
    return renewing;
  }

  async function stampAnew(): Promise<void> {
    const mine = connection;
    if (!worked || mine?.state !== 'stamped' || !present) return;
    worked = false;
    // A job may ask for it before Redis has said that it knows no other one any more.
    const given = (stamp: string) => {
      mine.held = stamp;
    };
    const next = await renewStamp(context, config, present, mine.held, given).catch((err: unknown) => {
      worked = true;
      // A server that takes none must hold up no job: it is tried again with the next turn.
      renewedAt = Number.POSITIVE_INFINITY;
      throw err;
    });
    renewedAt = clock();
    if (next === undefined) end(mine);
  }

  const unstamped = (err: unknown) => log.warn({ err }, 'the XMPP server has no new stamp');

  /** @throws Fault UNAVAILABLE where Redis has another state than the one that the server has the stamp of. */
  async function requireKnown(): Promise<void> {
    const [mine, { times }] = [connection, away];
    if (mine?.held !== undefined) {
      if (!(await stores.serverStamps.has(config.homeHost, mine.held))) end(mine);
      // Redis may have been away for longer than the connection was there.
      if (mine !== connection) throw new Fault('UNAVAILABLE', 'The XMPP server is not there any more.');
    }
    if (mine?.over)
      throw new Fault('UNAVAILABLE', 'Redis was put back, and the XMPP server has still to be brought back.');
    away.known = times;
  }

  /** What jobs do by data that are older than the server's is taken for the users' own doing. */
  function end(one: Connection): void {
    // Of one that is gone there is nothing to end, and the next looks for itself.
    if (one.over || one !== connection) return;
    one.over = true;
    log.warn(
      'Redis has come back with data that are older than what the XMPP server was told: the component connects anew',
    );
    void drop();
  }

  /** Beside the usual work; begun anew on the next connection where it does not come to its end. */
  async function writeAll(): Promise<void> {
    const mine = connection;
    if (mine?.state !== 'wanted' || !present) return;
    const isWhole = await writeLedgers({ stores, log, made }, config.homeHost, () => mine === connection && !stopping);
    if (isWhole === undefined) return;
    if (isWhole) await stores.serverStamps.noteKept(config.homeHost);
    else await stores.serverStamps.noteUnkept(config.homeHost);
    mine.state = 'stamped';
    worked = true;
  }

  async function turn(): Promise<void> {
    if (connection?.over) return;
    if (away.times !== away.known) await requireKnown();
    await writeAll();
    await renew();
  }

  /** What was noted lately goes into accounts' own nodes, by what stands there: the ledger is older. Returns how they are read then, with what an account's own does not take. */
  async function settleBefore(own: MadeItems, keeps: KeepAbility): Promise<MadeItems['read']> {
    const account = ownAccount(config);
    const left = createMadeLately({
      ...{ made: own, account, keeps: () => keeps, entriesOf: ({ jid }) => own.read(jid), log },
    });
    await left.load(keeps);
    await left.settle(true);
    return async (jid) => withChanges(await own.read(jid), left.left(jid));
  }

  /** @throws Fault UNAVAILABLE where these may be older than what the server was told */
  async function entriesOf({ id, jid }: { id: string; jid: string }): Promise<Entries> {
    const ledger = await stores.ledger.whole(id, jid);
    if (connection?.over || away.times !== away.known)
      throw new Fault('UNAVAILABLE', 'Redis was away, and may be older now.');
    return ledger;
  }

  async function settle(): Promise<void> {
    if (!connection || connection.over || connection.state === 'none' || !present) return;
    if (away.times !== away.known) await requireKnown();
    await lately.settle();
  }

  const turns = every(INTERVAL, log, turn);
  const settling = every(SETTLING, log, settle);

  return {
    made: lately,
    async begin(next, tune) {
      const { keeps, nodes, rosters, meetings } = next;
      // What was said anew on the same stream is no other server.
      if (!keeps || !nodes || !rosters || connection) return;
      const [{ times }, before] = [away, gone];
      const { found: stamps, held } = await compareStamps(context, config, { ...next, keeps });
      const begun: Connection = { state: AFTER[stamps], held, over: false };
      if (begun.state === 'none') {
        const reason = stamps === 'none' ? next.advice(['accounts']) : UNTRUE;
        log.warn(`a copy of Redis that is put back would not be noticed: ${reason}`);
        await stores.serverStamps.noteUnkept(config.homeHost);
      }
      // What was made meanwhile stands in no node (decision 208).
      if (stamps === 'same' && (await stores.serverStamps.hasUnkept(config.homeHost))) begun.state = 'wanted';
      const own = createMadeItems(config.secret, () => keeps);
      const restoring = {
        ...{ ...context, rosters, nodes, made: { ...own, ...notedAtOnce(own, stores.ledger.whole) } },
        ...{ host: config.homeHost, domain: config.domain, passOver: createPassOver(log) },
        ...{ ...(meetings && { meetings }), mayBeOnline: () => true },
      };
      if (stamps === 'lost') await intendAll(restoring, tune);
      if (stamps === 'apart') {
        const read = await settleBefore(own, keeps);
        await bringBack({ ...restoring, made: { ...restoring.made, read } }, tune);
        begun.held = await renewStamp(context, config, { ...next, keeps });
        if (begun.held === undefined) throw new Fault('UNAVAILABLE', 'Redis was put back once more.');
      }
      if (begun.state !== 'none') await lately.load(keeps);
      if (gone !== before) throw new Fault('UNAVAILABLE', 'The stream on which this began is gone.');
      away.known = times;
      connection = begun;
    },
    workWith(server) {
      present = server?.keeps && { ...server, keeps: server.keeps };
      if (present && connection?.state === 'wanted') turns.soon();
    },
    async works(lasts) {
      if (away.times !== away.known) await requireKnown();
      worked = true;
      if (lasts && (renewing || clock() - renewedAt >= INTERVAL)) {
        await renew().catch(unstamped);
        worked = true;
      }
      if (connection?.over || away.times !== away.known) await requireKnown();
    },
    missed() {
      away.times += 1;
      turns.soon();
    },
    forget() {
      gone += 1;
      connection = undefined;
      renewedAt = Number.NEGATIVE_INFINITY;
    },
    async stop() {
      stopping = true;
      await Promise.all([turns.stop(), settling.stop()]);
      await renew().catch(unstamped);
    },
  };
}
