import { domainOf } from '../../domain/account/jid.ts';
import type { Work } from '../../runtime/queue/queues.ts';
import { queueOf, wake } from '../../store/due/makes-due.ts';
import { NOBODY } from '../../store/friendship/friends.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Account } from '../roster/roster-step.ts';
import { hush, isWorkedIn, learnRoster, leaveUnknown, type Restoring } from './accounts.ts';
import { each, everybody } from './everybody.ts';
import { intendAgain, tellAnew } from './in-doubt.ts';

/**
 * To be called when the data are older than what the XMPP server was told, before any job runs.
 * Brings the server back to the data (decision 279). It can be done again from any point. An account that answers badly is passed over, so
 * that it keeps nobody else waiting (decision 214). `tune`: the job of the tune.
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
  await each([...unknown], (jid) => restoring.passOver({ id: NOBODY, jid }, () => leaveUnknown(restoring, jid)));
  log.warn({ subscribers: count, others: unknown.size }, 'the XMPP server is brought back to what the data say');
}

/** Returns the accounts that are worked in and are no subscriber's. */
async function hushAll(restoring: Restoring): Promise<Set<string>> {
  const { stores, host, passOver } = restoring;
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
    for (const account of [jid, ...former])
      if (domainOf(account) === host)
        note((await passOver({ id, jid: account }, () => hush(restoring, account))) ?? []);
  });
  while (found.length > 0) {
    const next = found;
    found = [];
    await each(next, async (jid) => {
      if ((await stores.subscribers.idOfJid(jid)) !== undefined) return;
      const account = { id: NOBODY, jid };
      if (!(await passOver(account, () => isWorkedIn(restoring, jid)))) return;
      unknown.add(jid);
      note((await passOver(account, () => hush(restoring, jid))) ?? []);
    });
  }
  return unknown;
}

async function restore(restoring: Restoring, subscriber: Subscriber, tune: Work): Promise<void> {
  const { stores, host, passOver } = restoring;
  const { id, jid, state } = subscriber;
  // One that is passed over is left by the roster job, as by the data.
  for (const former of await stores.formerJids.list(id))
    if (domainOf(former.jid) === host) {
      const account = { id, jid: former.jid };
      await passOver(account, () => learnRoster(restoring, account, new Set()));
    }
  if (domainOf(jid) !== host) return;
  if (state === 'pending') {
    // Whose account was being made at the copy may have lived in it since: it is nothing to delete.
    await stores.accounts.forgetOurs(id, jid);
    await passOver(subscriber, () => leaveUnknown(restoring, jid));
    return;
  }
  await restoreRoster(restoring, subscriber);
  await tellAnew(restoring, subscriber, tune);
}

async function restoreRoster(restoring: Restoring, account: Account): Promise<void> {
  const { stores, passOver, now } = restoring;
  const { id, jid } = account;
  const friends = await stores.friends.list(id);
  const jids = new Set(friends.map((friend) => friend.jid));
  const isLearnt = await passOver(account, () => learnRoster(restoring, account, jids));
  if (!isLearnt) return intendAgain(restoring, account, await stores.ledger.whole(id, jid));
  await stores.friends.doubt(
    id,
    friends.map((friend) => ({ jid: friend.jid, id: friend.id })),
    now(),
  );
}
