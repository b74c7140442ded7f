import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RosterItem } from '../../domain/friendship/roster.ts';
import type { Log } from '../../runtime/log.ts';
import { Denied } from '../stream/denied.ts';
import { untilHeard } from '../stream/ping.ts';
import { Unanswered } from '../stream/requests.ts';
import type { Stream } from '../stream/stream.ts';
import { TUNE } from '../stream/tune-namespace.ts';
import { type Element, textElement, xml } from '../stream/xml.ts';
import { BrokenWord } from './first-writes.ts';
import { type Ability, type Lack, NoAccount, type XmppServer } from './server.ts';

/** Where a server is tried. `domain`, `secret`: the component's own; `homeHost`: whose users it serves; `log`: hears what it does otherwise and may. */
export type TrialPlace = { stream: Stream; domain: string; homeHost: string; secret: string; log: Pick<Log, 'warn'> };

type Trial = TrialPlace & { server: XmppServer; jid: string; nobody: string };

/** The server does something else than it says; the message says what, in the operator's words. */
class Untrue extends Error {}

/** Milliseconds that an event may take longer than the answer to what it tells of. */
const EVENT_PATIENCE = 1_000;

/** A private node of the trial account. */
const KEPT = 'urn:earshot:trial:0';

const REFUSES_DELETION =
  'the XMPP server refuses to delete a private node: those in users’ accounts with what Earshot made stay there empty, where they would go (XEP-0356: "set" of pubsub#owner)';

const LOGS_NOBODY_OUT =
  'the XMPP server logs nobody out when an account gets another password: who has the former one stays connected with it.';

/** What is tried of each ability, in this order. vCards are not among them: they are only read. */
const STEPS: readonly (readonly [ability: Ability, step: (trial: Trial) => Promise<void>])[] = [
  ['rosters', tryRosters],
  ['presences', tryPresences],
  ['nodes', tryNodes],
  ['nodes', tryKeeps],
  ['meetings', tryMeetings],
];

/**
 * Does each thing once that jobs will do, on an account of the component's own, and reads it back;
 * so that no user finds out what a server does otherwise. The account has a name that nobody can
 * guess, which is the same each time: one that a process left when it died goes now. Returns what
 * lacks; undefined where no account can be made.
 */
export async function tryAbilities(server: XmppServer, place: TrialPlace): Promise<Lack[] | undefined> {
  const [jid, nobody] = [trialAccount(place, 'account'), trialAccount(place, 'nobody')];
  const lacks: Lack[] = [];
  const lack = (ability: Ability, reason: string) =>
    void lacks.push({ ability, what: `${ability} that ${place.homeHost} keeps as told (${reason})` });
  try {
    if (!(await makeAccount(server, jid, place.log))) {
      lack('accounts', 'an account that was made is not there');
      return lacks;
    }
  } catch (err) {
    if (err instanceof Denied) return undefined;
    throw err;
  }
  try {
    for (const [ability, step] of STEPS) {
      const reason = await untruth(() => step({ ...place, server, jid, nobody }));
      if (reason !== undefined) lack(ability, reason);
    }
  } finally {
    await server.accounts.remove(jid);
  }
  return lacks;
}

/** The JID of the account that is made, or of one that is not. */
export function trialAccount(
  { secret, homeHost }: Pick<TrialPlace, 'secret' | 'homeHost'>,
  of: 'account' | 'nobody',
): string {
  const name = createHmac('sha256', secret).update(`trial ${of}`).digest('hex').slice(0, 20);
  return `earshot-trial-${name}@${homeHost}`;
}

/** Whether it is there then. Which password it has nobody but its user can tell. */
async function makeAccount(server: XmppServer, jid: string, log: TrialPlace['log']): Promise<boolean> {
  const { accounts } = server;
  for (let last = false; ; last = true) {
    if (await accounts.exists(jid)) await accounts.remove(jid);
    await accounts.add(jid, randomBytes(24).toString('base64url'));
    if (await accounts.exists(jid)) break;
    // Another component may have tried the same account.
    if (last) return false;
  }
  await accounts.setPassword(jid, randomBytes(24).toString('base64url'));
  await tryLogOut(server, jid, log);
  return true;
}

/** Where it may not, Earshot does without. */
async function tryLogOut({ accounts, advice }: XmppServer, jid: string, log: TrialPlace['log']): Promise<void> {
  try {
    await accounts.logOut?.(jid);
  } catch (err) {
    if (!(err instanceof Denied)) throw err;
    log.warn(`${LOGS_NOBODY_OUT} ${advice(['accounts'])}`);
  }
}

/** What is wrong, if it is wrong twice: another component may have tried the same account. */
async function untruth(step: () => Promise<void>): Promise<string | undefined> {
  for (let last = false; ; last = true) {
    try {
      await step();
      return undefined;
    } catch (err) {
      const isAnswer = err instanceof Untrue || err instanceof Denied || err instanceof BrokenWord;
      if (!isAnswer && !(err instanceof Unanswered)) throw err;
      if (last) return (err as Error).message;
    }
  }
}

async function tryRosters({ server: { rosters }, jid, nobody, domain }: Trial): Promise<void> {
  if (!rosters) return;
  // The component's own domain: whatever the server tells the other end stays between the two.
  const item: RosterItem = { jid: `trial@${domain}`, subscription: 'none', name: 'A & B', groups: ['One', 'Two'] };
  let before: RosterItem | undefined;
  for (const subscription of ['both', 'to', 'from', 'none', 'both'] as const) {
    const next = { ...item, subscription };
    await rosters.set(jid, next, before);
    before = (await rosters.read(jid))?.get(item.jid);
    const differs = !before || before.name !== next.name || [...before.groups].sort().join() !== next.groups.join();
    if (differs) throw new Untrue('name and groups of a roster item are not stored as they are set');
  }
  await rosters.remove(jid, item.jid, before);
  if (await rosters.read(nobody)) throw new Untrue('there is a roster where there is no account');
}

async function tryPresences({ server: { presences }, jid }: Trial): Promise<void> {
  await presences?.snapshot?.online();
  await presences?.snapshot?.clients(jid);
}

async function tryNodes(trial: Trial): Promise<void> {
  const { jid, nobody, domain } = trial;
  const { nodes } = trial.server;
  if (!nodes) return;
  await nodes.publish(jid, TUNE, tune('One'));
  await nodes.setAccess(jid, TUNE, [
    ['model', 'whitelist'],
    [`trial@${domain}`, 'member'],
  ]);
  await nodes.setAccess(jid, TUNE, [[`trial@${domain}`, 'none']]);
  await nodes.setAccess(jid, TUNE, [['model', 'presence']]);
  await nodes.listen(jid, TUNE);
  await hears(trial, () => nodes.publish(jid, TUNE, tune('Two')), 'Two');
  await nodes.unlisten(jid, TUNE);
  await noAccount(nodes.publish(nobody, TUNE, tune('Three')));
}

async function tryKeeps({ jid, server: { keeps }, log }: Trial): Promise<void> {
  if (!keeps) return;
  try {
    await keeps.put(jid, KEPT, 'current', xml('trial', { xmlns: KEPT }));
    const held = await keeps.all(jid, KEPT);
    const gone = await keeps.drop(jid, KEPT);
    if (!gone && held.length === 1) return log.warn(REFUSES_DELETION);
    if (held.length === 1 && (await keeps.all(jid, KEPT)).length === 0) return;
  } catch (err) {
    // Where there may be no such node Earshot does without (decision 279).
    if (err instanceof Denied) return;
    throw err;
  }
  throw new Untrue('a private node does not hold what it is told to');
}

async function noAccount(request: Promise<void>): Promise<void> {
  try {
    await request;
  } catch (err) {
    if (err instanceof NoAccount) return;
    throw err;
  }
  throw new Untrue('something is published where there is no account');
}

/** Whether the component is told what is published in a node that it listens to. */
async function hears({ stream, homeHost, jid }: Trial, publish: () => Promise<void>, title: string): Promise<void> {
  let isHeard = false;
  const listener = (stanza: Element) => {
    if (stanza.attrs.from === jid && `${stanza}`.includes(`<title>${title}</title>`)) isHeard = true;
  };
  const forget = stream.onStanza(listener);
  try {
    await publish();
    await untilHeard(stream, homeHost);
    if (!isHeard) await sleep(EVENT_PATIENCE);
    if (!isHeard) throw new Untrue('the component is not told what is published in nodes that it listens to');
  } finally {
    forget();
  }
}

/** A server that does not let the component speak for its users ends the stream; the next one knows. */
async function tryMeetings({ server: { meetings }, stream, homeHost, jid }: Trial): Promise<void> {
  await meetings?.introduce(jid, jid);
  await untilHeard(stream, homeHost);
}

function tune(title: string): Element {
  return xml('tune', { xmlns: TUNE }, textElement('title', title));
}
