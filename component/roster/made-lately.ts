import { setTimeout as sleep } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import { sideBySide } from '../../runtime/batches.ts';
import type { Log } from '../../runtime/log.ts';
import { readRecord } from '../../store/base/record.ts';
import { type KeepAbility, NoAccount } from '../server/server.ts';
import { Denied } from '../stream/denied.ts';
import { Unanswered } from '../stream/requests.ts';
import { type Element, xml } from '../stream/xml.ts';
import {
  type Changes,
  type Entries,
  type KeepsMade,
  type MadeItem,
  type MadeItems,
  withChanges,
} from './made-items.ts';

/**
 * What many roster jobs note is one write into the component's own account, before any of them goes
 * on; the accounts' own nodes are brought in line with it a little later (decision 298).
 */
export type MadeLately = KeepsMade & {
  /** To be called when a connection begins: what was noted and has still to be settled is what the server has of it. */
  load(keeps: KeepAbility): Promise<void>;
  /**
   * Writes what was noted into the accounts' own nodes, with pauses that leave the server to others.
   * `hurry`: without. What an account's node does not take stays noted, and is written the next time.
   * @throws Fault UNAVAILABLE where the stream is gone, or Redis
   */
  settle(hurry?: boolean): Promise<void>;
  /** What is noted of that account and stands in its node not yet. */
  left(jid: string): Changes;
};

/** `account`: the component's own; `entriesOf`: all that stands, or should stand, in an account's own node, but for what was noted. */
type Parts = {
  made: Pick<MadeItems, 'write'>;
  account: string;
  keeps(): KeepAbility | undefined;
  entriesOf(account: Account): Promise<Entries>;
  log: Log;
};

type Account = { id: string; jid: string };
/** What was noted of one account: whose it is, and each item as it is since. */
type Noted = { id: string; items: Map<string, MadeItem | undefined> };

/** The node in the component's own account, and the namespace of its payload. */
const NODE = 'urn:earshot:made-lately:0';
const ITEM = 'current';
/** Items that are noted before the nodes are written without pauses, and before whoever notes more waits for that. */
const CROWD = { hurries: 150, waits: 300 };
/** Nodes that are written side by side. */
const IN_FLIGHT = 4;
/** Times as long as a write took is the pause after it: all of them together take a fifth of the server's time. */
const PAUSE = 19;
/** Milliseconds of the longest pause. */
const LONGEST = 200;

const YES_OR_NO = [() => true, () => false] as const;

/** A note of each moment holds everything that is noted and not settled, so that one write is all that has to be kept. */
export function createMadeLately({ made, account, keeps, entriesOf, log }: Parts): MadeLately {
  const noted = new Map<string, Noted>();
  let hurries = false;
  let settling: Promise<void> | undefined;
  /** The write that is under way, or the last one; the one that comes after it. */
  let sending: Promise<unknown> = Promise.resolve();
  let next: Promise<void> | undefined;

  const count = () => [...noted.values()].reduce((sum, { items }) => sum + items.size, 0);

  async function send(): Promise<void> {
    await keeps()?.put(account, NODE, ITEM, toElement(noted));
  }

  /** Settles with the end of a write that began after this was called; all who call meanwhile share it. */
  function keep(): Promise<void> {
    next ??= sending.then(() => {
      next = undefined;
      const sent = send();
      sending = sent.catch(() => {});
      return sent;
    });
    return next;
  }

  async function makeRoom(): Promise<void> {
    if (count() < CROWD.hurries) return;
    const over = settle(true).catch(() => {});
    if (count() >= CROWD.waits) await over;
  }

  function settle(hurry = false): Promise<void> {
    hurries ||= hurry;
    settling ??= settleAll().finally(() => {
      settling = undefined;
      hurries = false;
    });
    return settling;
  }

  async function settleAll(): Promise<void> {
    const before = count();
    if (before === 0) return;
    const { failure } = await sideBySide([...noted.keys()], IN_FLIGHT, async (jid) => {
      const start = performance.now();
      await settleOne(jid);
      if (!hurries) await sleep(Math.min(LONGEST, PAUSE * (performance.now() - start)));
    });
    // So that nothing of it is settled once more.
    if (count() < before) await keep();
    if (failure) throw failure.reason;
  }

  async function settleOne(jid: string): Promise<void> {
    const one = noted.get(jid);
    if (!one) return;
    const written = new Map(one.items);
    try {
      await made.write(jid, [...written.keys()], async () =>
        withChanges(await entriesOf({ id: one.id, jid }), noted.get(jid)?.items ?? written),
      );
    } catch (err) {
      // In an account that is gone nothing has to be kept. Whoever may write nowhere is told the same of all of them.
      const isGone = err instanceof NoAccount && (await keep().then(...YES_OR_NO));
      if (err instanceof Fault && !(err instanceof Unanswered)) throw err;
      if (!isGone)
        return log.warn({ err, subject: one.id }, 'an account does not keep yet which roster items were made');
    }
    for (const [item, is] of written) if (one.items.get(item) === is) one.items.delete(item);
    if (one.items.size === 0 && noted.get(jid) === one) noted.delete(jid);
  }

  return {
    async note({ id, jid }, changes) {
      if (!keeps()) return;
      await makeRoom();
      const one = noted.get(jid) ?? { id, items: new Map() };
      for (const [item, is] of changes) one.items.set(item, is);
      noted.set(jid, one);
      await keep().catch(async (err: unknown) => {
        if (!(err instanceof Denied)) throw err;
        // Somebody has taken the component's own account away. The next connection makes it anew.
        await settleOne(jid);
        if (noted.has(jid)) throw err;
      });
    },
    async load(present) {
      noted.clear();
      for (const payload of await present.all(account, NODE))
        for (const [jid, one] of toNoted(payload)) noted.set(jid, one);
    },
    settle,
    left: (jid) => noted.get(jid)?.items ?? new Map(),
  };
}

/** Of an account: its id, its JID, and each item that is Earshot's or is so no longer. */
type Written = [id: string, jid: string, items: [string, MadeItem | null][]];

function toElement(noted: ReadonlyMap<string, Noted>): Element {
  const written = [...noted].map(
    ([jid, { id, items }]): Written => [
      ...([id, jid] as const),
      [...items].map(([item, is]) => [item, is ? { kind: is.kind, ...(is.before && { before: is.before }) } : null]),
    ],
  );
  return xml('lately', { xmlns: NODE }, JSON.stringify(written));
}

/** Nobody else can write there. */
function toNoted(payload: Element): [jid: string, Noted][] {
  return readRecord<Written[]>(payload.getText(), 'the items that were made lately').map(([id, jid, items]) => [
    jid,
    { id, items: new Map(items.map(([item, is]) => [item, is ?? undefined])) },
  ]);
}
