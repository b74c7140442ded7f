import { domainOf } from '../../domain/account/jid.ts';
import { MODEL, type NodeChange } from '../../domain/friendship/node-access.ts';
import { restoredLedger, unreadLedger } from '../../domain/friendship/restored-ledger.ts';
import type { LedgerEntry, RosterItem } from '../../domain/friendship/roster.ts';
import { newStamp } from '../../store/base/marks.ts';
import { NOBODY } from '../../store/friendship/friends.ts';
import type { KeepsMade, MadeItems } from '../roster/made-items.ts';
import { surelyMissing } from '../roster/missing-items.ts';
import {
  type Account,
  noteTaken,
  type Plan,
  planOf,
  type RosterContext,
  takeStep,
  takeSteps,
} from '../roster/roster-step.ts';
import { NoAccount, type NodeAbility } from '../server/server.ts';
import { Denied } from '../stream/denied.ts';
import { TUNE } from '../stream/tune-namespace.ts';
import { NODES } from '../tune/nodes.ts';
import { publish } from '../tune/publish.ts';
import type { PassOver } from './pass-over.ts';

/** What reads accounts back. `host`: of the home; `domain`: the component's. */
export type Restoring = RosterContext & {
  nodes: NodeAbility;
  made: MadeItems & KeepsMade;
  host: string;
  domain: string;
  passOver: PassOver;
};

/**
 * Takes what plays off every screen, as nobody knows yet who may see it. Returns the accounts of the
 * same host with which that one has to do.
 */
export async function hush(restoring: Restoring, jid: string): Promise<string[]> {
  const { made, rosters, host } = restoring;
  const roster = await rosters.read(jid);
  if (!roster) return [];
  if (await mayPlay(restoring, jid)) await unlessGone(publish(restoring, jid, undefined));
  const others = new Set([...roster.keys(), ...(await made.read(jid)).keys()]);
  return [...others].filter((other) => domainOf(other) === host);
}

/** Where the server does not say what plays, it may be whatever was published once. */
async function mayPlay(restoring: Restoring, jid: string): Promise<boolean> {
  const { nodes } = restoring;
  const [held] = (await nodes.item(jid, TUNE))?.getChildElements() ?? [];
  if (held || !nodes.forgetsItems) return held !== undefined && held.getChildElements().length > 0;
  return isWorkedIn(restoring, jid);
}

/** Whether Earshot has done something there: made roster items, or listened to what the user plays. */
export async function isWorkedIn({ nodes, made, domain }: Restoring, jid: string): Promise<boolean> {
  if ((await made.read(jid)).size > 0) return true;
  const affiliations = await orNone(nodes.affiliations(jid, TUNE));
  return ['member', 'owner'].includes(affiliations.get(domain) ?? '');
}

/**
 * Brings the ledger of a subscriber's account in line with its roster, and takes away what Earshot
 * made there for others than these. `friends`: their JIDs. False where the server may not have read the roster: all that Earshot
 * made is only intended then.
 */
export async function learnRoster(
  restoring: Restoring,
  account: Account,
  friends: ReadonlySet<string>,
): Promise<boolean> {
  const { stores, rosters, made } = restoring;
  const { id, jid } = account;
  const roster = await rosters.read(jid);
  const [known, kept] = [await stores.ledger.whole(id, jid), await made.read(jid)];
  // Prosody says that there is no such node also where it cannot read it.
  const isThere = ([item, { kind }]: [string, LedgerEntry]) =>
    kind !== 'own' && roster?.get(item)?.subscription === 'both';
  if (kept.size === 0 && [...known].some(isThere)) await made.tryOut(jid);
  if (roster && !(await isRead(restoring, account, roster, kept))) {
    await stores.ledger.replace(id, jid, unreadLedger({ ledger: known, made: kept }));
    return false;
  }
  const ledger = restoredLedger({ roster: roster ?? new Map(), ledger: known, made: kept }, newStamp());
  await stores.ledger.replace(id, jid, ledger);
  if (!roster) return true;
  const plans = [...ledger]
    .filter(([item]) => !friends.has(item))
    .map(([item, entry]) =>
      planOf({ dirty: { jid: item, id: NOBODY }, wanted: undefined, item: roster.get(item), ledger: entry }),
    );
  const { done, failure } = await takeSteps(restoring, account, plans);
  await noteTaken(restoring, account, done);
  if (failure) throw failure.reason;
  // What the account said of items that are no longer there is over.
  await made.write(jid, [...kept.keys()], () => stores.ledger.whole(id, jid));
  return true;
}

/** Undoes everything in an account that is no subscriber's: as a former account is left. */
export async function leaveUnknown(restoring: Restoring, jid: string): Promise<void> {
  const { rosters, made, nodes } = restoring;
  const roster = await rosters.read(jid);
  if (!roster) return;
  const kept = await made.read(jid);
  // What it holds says no more than the node, which stays.
  if (!(await isRead(restoring, { id: NOBODY, jid }, roster, kept))) return;
  const ledger = restoredLedger({ roster, ledger: new Map(), made: kept }, newStamp());
  for (const [item, entry] of ledger) {
    const plan: Plan = planOf({
      dirty: { jid: item, id: NOBODY },
      wanted: undefined,
      item: roster.get(item),
      ledger: entry,
    });
    await takeStep(restoring, { id: NOBODY, jid }, plan);
  }
  await openAsUsual(restoring, jid);
  await orNothing(nodes.unlisten(jid, TUNE));
  await made.drop(jid);
}

/** Whether the server has read the roster, and not failed (decision 207): nothing of what Earshot made is left there, and it takes nothing. */
async function isRead(
  restoring: Restoring,
  account: Account,
  roster: ReadonlyMap<string, RosterItem>,
  made: ReadonlyMap<string, unknown>,
): Promise<boolean> {
  const items = [...made.keys()];
  if (items.some((item) => roster.get(item)?.subscription === 'both')) return true;
  const missing = items.filter((item) => !roster.has(item));
  return missing.length === 0 || (await surelyMissing(restoring, account, missing)).size === missing.length;
}

/** The fields of who may look there that Earshot may have told. */
export async function accessFields({ nodes, domain }: Restoring, jid: string): Promise<string[]> {
  const affiliations = await orNone(nodes.affiliations(jid, TUNE));
  const named = [...affiliations].filter(([who, what]) => who !== domain && (what === 'member' || what === 'outcast'));
  return [MODEL, ...named.map(([who]) => who)];
}

/** Who may look is nobody by name, and every contact, as before Earshot said anything. */
export async function openAsUsual(restoring: Restoring, jid: string): Promise<void> {
  const fields = await accessFields(restoring, jid);
  const changes = fields.map((field): NodeChange => [field, field === MODEL ? 'presence' : 'none']);
  for (const { name } of NODES)
    if ((await restoring.nodes.accessModel(jid, name)) !== undefined)
      await unlessGone(restoring.nodes.setAccess(jid, name, changes));
}

async function unlessGone(request: Promise<void>): Promise<void> {
  try {
    await request;
  } catch (err) {
    if (!(err instanceof NoAccount)) throw err;
  }
}

/** Where the server says no there is no node. */
async function orNone(request: Promise<Map<string, string>>): Promise<Map<string, string>> {
  return (await orNothing(request)) ?? new Map();
}

async function orNothing<Result>(request: Promise<Result>): Promise<Result | undefined> {
  try {
    return await request;
  } catch (err) {
    if (err instanceof Denied) return undefined;
    throw err;
  }
}
