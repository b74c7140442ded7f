import { domainOf } from '../../domain/account/jid.ts';
import { OUTLETS } from '../../domain/playing/outlets.ts';
import { sideBySide } from '../../runtime/batches.ts';
import type { Work } from '../../runtime/queue/queues.ts';
import { queueOf, wake } from '../../store/due/makes-due.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { accessFields, hush, isWorkedIn, learnRoster, leaveUnknown, openAsUsual, type Restoring } from './accounts.ts';

/** Accounts that are looked at side by side. */
const IN_FLIGHT = 8;

/**
 * To be called when the data are older than what the XMPP server was told, before any job runs.
 * Brings the server back to the data (decision 279). It can be done again from any point. `tune`:
 * the job of the tune.
 */
export async function bringBack(restoring: Restoring, tune: Work): Promise<void> {
  const { stores, queues, log, now } = restoring;
  log.warn(
    'the data are older than what the XMPP server was told: a copy was put back. Everything is read back from the server before anybody is shown anything',
  );
  // By the worker: a sink may have been told more than is noted, too.
  const sinks = await stores.subscriptions.doubtAll();
  await stores.due.postponeAll(queueOf('sinkAsked'), sinks, now());
  await wake(queues, 'sinkAsked', sinks);
  const unknown = await hushAll(restoring);
  let count = 0;
  await everybody(restoring, async (subscriber) => {
    await restore(restoring, subscriber, tune);
    count += 1;
  });
  await each([...unknown], (jid) => leaveUnknown(restoring, jid));
  log.warn({ subscribers: count, others: unknown.size }, 'the XMPP server is brought back to what the data say');
}

/** Returns the accounts that are worked in and are no subscriber's. */
async function hushAll(restoring: Restoring): Promise<Set<string>> {
  const { stores, host } = restoring;
  const [seen, unknown] = [new Set<string>(), new Set<string>()];
  let found: string[] = [];

  function note(jids: readonly string[]): void {
    for (const jid of jids) {
      if (!seen.has(jid)) found.push(jid);
      seen.add(jid);
    }
  }

  await everybody(restoring, async ({ id, jid }) => {
    const former = (await stores.formerJids.list(id)).map((one) => one.jid);
    for (const account of [jid, ...former]) if (domainOf(account) === host) note(await hush(restoring, account));
  });
  while (found.length > 0) {
    const next = found;
    found = [];
    await each(next, async (jid) => {
      if ((await stores.subscribers.idOfJid(jid)) !== undefined || !(await isWorkedIn(restoring, jid))) return;
      unknown.add(jid);
      note(await hush(restoring, jid));
    });
  }
  return unknown;
}

async function restore(restoring: Restoring, subscriber: Subscriber, tune: Work): Promise<void> {
  const { stores, log, host, now } = restoring;
  const { id, jid, state } = subscriber;
  for (const former of await stores.formerJids.list(id))
    if (domainOf(former.jid) === host) await learnRoster(restoring, { id, jid: former.jid }, new Set());
  if (domainOf(jid) !== host) return;
  if (state === 'pending') {
    // Whose account was being made at the copy may have lived in it since: it is nothing to delete.
    await stores.accounts.forgetOurs(id, jid);
    return leaveUnknown(restoring, jid);
  }
  const friends = await stores.friends.list(id);
  await learnRoster(restoring, { id, jid }, new Set(friends.map((friend) => friend.jid)));
  await stores.friends.doubt(
    id,
    friends.map((friend) => ({ jid: friend.jid, id: friend.id })),
    now(),
  );
  await doubtTold(restoring, subscriber);
  await stores.due.postpone('listen', id, now());
  await tune(id).catch((err: unknown) => log.warn({ err, subject: id }, 'who may look is not told again yet'));
}

/** What was told belongs to the address where it was: one that the subscriber has given up is left by the tune's job. */
async function doubtTold(restoring: Restoring, { id, jid }: Subscriber): Promise<void> {
  const { stores, now } = restoring;
  for (const { name, address: field } of OUTLETS) {
    if (field !== 'jid') continue;
    const { address = jid } = await stores.told.read(id, name);
    if (address !== jid) await openAsUsual(restoring, jid);
    const known = await stores.admissions.read(id, name);
    const fields = new Set([...known.keys(), ...(await accessFields(restoring, address))]);
    await stores.told.doubt(id, name, [...fields], now());
  }
}

/** Everybody who has an account at this home, in any state. */
async function everybody({ stores }: Restoring, work: (subscriber: Subscriber) => Promise<void>): Promise<void> {
  for (let page = (await stores.roll.pages()) - 1; page >= 0; page -= 1) {
    const records = await stores.subscribers.records(await stores.roll.page(page));
    await each(
      records.filter((record) => record !== undefined),
      work,
    );
  }
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const { failure } = await sideBySide(items, IN_FLIGHT, work);
  if (failure) throw failure.reason;
}
