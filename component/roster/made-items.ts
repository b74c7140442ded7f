import { createHmac } from 'node:crypto';
import { parseBareJid } from '../../domain/account/jid.ts';
import type { LedgerEntry, Subscription } from '../../domain/friendship/roster.ts';
import { bucketOfText } from '../../store/base/partitions.ts';
import type { KeepAbility } from '../server/server.ts';
import { isCondition } from '../stream/stanza-error.ts';
import { type Element, xml } from '../stream/xml.ts';

/** What Earshot did to an item that is not just as its user made it. */
export type MadeItem = Pick<LedgerEntry, 'kind' | 'before'>;

/** By the JID of the item; those that are `own` are none of Earshot's. */
export type Entries = ReadonlyMap<string, MadeItem>;
/** Items, each as it is from now on; undefined where it is Earshot's no longer. */
export type Changes = ReadonlyMap<string, MadeItem | undefined>;

/** A subscriber's account. */
type Account = { id: string; jid: string };
type Entry = readonly [jid: string, entry: MadeItem];

/** The namespace of the payloads. */
const MADE = 'urn:earshot:made:0';
const SUBSCRIPTIONS: readonly string[] = ['none', 'to', 'from', 'both'] satisfies Subscription[];
/** Its items: each item of the roster stands in one of them, by a hash of its JID. */
const PARTS = 16;

/** What roster jobs have the server keep. */
export type KeepsMade = {
  /** These items are so from now on. The server has it when this returns. */
  note(account: Account, changes: Changes): Promise<void>;
};

/** What accounts' own nodes say of their roster items (decision 279). */
export type MadeItems = {
  /**
   * Writes those of the entries that stand with these JIDs, or takes the node away where Earshot made
   * nothing. `entries`, of the whole account, are asked for when the writes before have ended, so
   * that the last one writes what holds.
   */
  write(account: string, jids: readonly string[], entries: () => Promise<Entries>): Promise<void>;
  /** The same with all of it. */
  writeAll(account: string, entries: () => Promise<Entries>): Promise<void>;
  /** By JID; empty where there is no such node, or no account. */
  read(account: string): Promise<Map<string, MadeItem>>;
  /** Takes the node away. */
  drop(account: string): Promise<void>;
  /** Writes a node that says nothing, and takes it away. @throws Denied where the account takes none: what is read there then may be less than there is */
  tryOut(account: string): Promise<void>;
};

/**
 * The private node of that account. A server may tell each contact which nodes there are (XEP-0030,
 * `disco#items`), also those that it may not read. So its name says nothing: it is another one in
 * each account, and nobody without the component's `secret` finds it (decision 290).
 */
export function madeNode(secret: string, account: string): string {
  const hex = createHmac('sha256', secret).update(`made items of ${account}`).digest('hex');
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * Writes to one account are done one after the other. `secret`: the component's; `keeps`: of the
 * server that there is now; undefined where nothing is kept.
 */
export function createMadeItems(secret: string, keeps: () => KeepAbility | undefined): MadeItems {
  const underWay = new Map<string, Promise<void>>();
  const nodeOf = (account: string) => madeNode(secret, account);

  function inTurn(account: string, work: () => Promise<void>): Promise<void> {
    const turn = (underWay.get(account) ?? Promise.resolve()).catch(() => {}).then(work);
    const ended = turn
      .catch(() => {})
      .then(() => {
        if (underWay.get(account) === ended) underWay.delete(account);
      });
    underWay.set(account, ended);
    return turn;
  }

  async function writeParts(
    account: string,
    parts: ReadonlySet<number> | undefined,
    entries: () => Promise<Entries>,
  ): Promise<void> {
    const made = [...(await entries())].filter(([, { kind }]) => kind !== 'own');
    if (made.length === 0) return forget(account);
    const all = new Set(made.map(([jid]) => partOf(jid)));
    try {
      await put(account, made, parts ?? all);
    } catch (err) {
      if (!isCondition(err, 'conflict')) throw err;
      // The user has made a node of that name, or opened it.
      await forget(account);
      await put(account, made, all);
    }
  }

  /** Whatever of it a server does not delete says nothing from then on. */
  async function forget(account: string): Promise<void> {
    const node = nodeOf(account);
    const there = keeps();
    if (!there || (await there.drop(account, node)) || (await there.all(account, node)).length === 0) return;
    await put(account, [], new Set(Array(PARTS).keys()));
  }

  async function put(account: string, made: readonly Entry[], parts: ReadonlySet<number>): Promise<void> {
    for (const part of parts) {
      const items = made.filter(([jid]) => partOf(jid) === part);
      await keeps()?.put(account, nodeOf(account), `${part}`, toElement(items));
    }
  }

  return {
    write: (account, jids, entries) =>
      jids.length === 0
        ? Promise.resolve()
        : inTurn(account, () => writeParts(account, new Set(jids.map(partOf)), entries)),
    writeAll: (account, entries) => inTurn(account, () => writeParts(account, undefined, entries)),
    async read(account) {
      return new Map(((await keeps()?.all(account, nodeOf(account))) ?? []).flatMap(toItems));
    },
    drop: (account) => inTurn(account, () => forget(account)),
    tryOut: (account) =>
      inTurn(account, async () => {
        await put(account, [], new Set([0]));
        await forget(account);
      }),
  };
}

/** What roster jobs note goes into the nodes at once. `whole`: the ledger of an account. */
export function notedAtOnce(
  { write }: Pick<MadeItems, 'write'>,
  whole: (id: string, account: string) => Promise<Entries>,
): KeepsMade {
  return {
    note: ({ id, jid }, changes) =>
      write(jid, [...changes.keys()], async () => withChanges(await whole(id, jid), changes)),
  };
}

/** Those entries as they are after the changes. */
export function withChanges(entries: Entries, changes: Changes): Map<string, MadeItem> {
  const changed = new Map(entries);
  for (const [jid, item] of changes)
    if (item) changed.set(jid, item);
    else changed.delete(jid);
  return changed;
}

function partOf(jid: string): number {
  return bucketOfText(jid) % PARTS;
}

/** A line for each: text costs the server a fraction of what elements do, as it writes all parts with each. */
function toElement(items: readonly Entry[]): Element {
  return xml('made', { xmlns: MADE }, items.map(toLine).join('\n'));
}

function toLine([jid, { kind, before }]: Entry): string {
  return kind === 'made' ? jid : `${jid} ${before ?? 'none'}`;
}

/**
 * The user could have written it: what is no JID, or no subscription, is nothing that Earshot has
 * written. It once wrote elements (decision 298).
 */
function toItems(payload: Element): [string, MadeItem][] {
  const lines = payload
    .getText()
    .split('\n')
    .map((line) => line.split(' '));
  const elements = payload.getChildren('item').map(({ attrs: { jid, before } }) => [jid, before]);
  return [...lines, ...elements].flatMap(([jid = '', before]): [string, MadeItem][] => {
    if (parseBareJid(jid) !== jid) return [];
    if (before === undefined) return [[jid, { kind: 'made' }]];
    return SUBSCRIPTIONS.includes(before) ? [[jid, { kind: 'raised', before: before as Subscription }]] : [];
  });
}
