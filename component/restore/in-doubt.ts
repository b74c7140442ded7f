import { MODEL } from '../../domain/friendship/node-access.ts';
import type { LedgerEntry } from '../../domain/friendship/roster.ts';
import { OUTLETS } from '../../domain/playing/outlets.ts';
import type { Work } from '../../runtime/queue/queues.ts';
import { NOBODY } from '../../store/friendship/friends.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context } from '../context.ts';
import type { Account } from '../roster/roster-step.ts';
import { accessFields, openAsUsual, type Restoring } from './accounts.ts';

/**
 * Nobody knows which of these items are in the roster: what is missing is made anew, what is there stays Earshot's, and what is
 * nobody's any more goes. What was the user's own is found out again. To be called while no roster job runs.
 */
export async function intendAgain(
  { stores, now }: Pick<Context, 'stores' | 'now'>,
  { id, jid }: Account,
  entries: ReadonlyMap<string, LedgerEntry>,
): Promise<void> {
  const intended = [...entries].flatMap(([item, entry]): [string, LedgerEntry][] =>
    entry.kind === 'own' ? [] : [[item, anew(entry)]],
  );
  await stores.ledger.replace(id, jid, new Map(intended));
  const friends = await stores.friends.list(id);
  // Whoever is being let go of is marked already, with the id by which the item waits for the end of what is shown.
  const { marks } = await stores.friends.dirtyItems(id);
  const known = new Set([...Object.keys(marks), ...friends.map((friend) => friend.jid)]);
  const others = intended.flatMap(([item]) => (known.has(item) ? [] : [{ jid: item, id: NOBODY }]));
  await stores.friends.doubt(id, [...friends.map((friend) => ({ jid: friend.jid, id: friend.id })), ...others], now());
}

/** It comes into being once more, and so the two are made to see each other again. */
function anew({ kind, name, groups, before }: LedgerEntry): LedgerEntry {
  return { kind, name, groups, ...(before && { before }), pending: true };
}

/** What outlets have told, who may look, and whether the component listens are in doubt; who may look is told at once. `tune`: the job of the tune. */
export async function tellAnew(restoring: Restoring, subscriber: Subscriber, tune: Work): Promise<void> {
  const { stores, log, now } = restoring;
  const { id } = subscriber;
  await doubtTold(restoring, subscriber);
  await stores.due.postpone('listen', id, now());
  await tune(id).catch((err: unknown) => log.warn({ err, subject: id }, 'who may look is not told again yet'));
}

/** What was told belongs to the address where it was: one that the subscriber has given up is left by the tune's job. */
async function doubtTold(restoring: Restoring, { id, jid }: Subscriber): Promise<void> {
  const { stores, now, passOver } = restoring;
  for (const { name, address: field } of OUTLETS) {
    if (field !== 'jid') continue;
    const { address = jid } = await stores.told.read(id, name);
    if (address !== jid) await passOver({ id, jid }, () => openAsUsual(restoring, jid));
    const known = await stores.admissions.read(id, name);
    const there = await passOver({ id, jid: address }, () => accessFields(restoring, address));
    await stores.told.doubt(id, name, [...new Set([...known.keys(), ...(there ?? [MODEL])])], now());
  }
}
