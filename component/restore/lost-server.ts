import { domainOf } from '../../domain/account/jid.ts';
import type { Work } from '../../runtime/queue/queues.ts';
import type { Restoring } from './accounts.ts';
import { everybody } from './everybody.ts';
import { intendAgain, tellAnew } from './in-doubt.ts';

/**
 * To be called when the server has lost its stamp, before any job runs: it was made anew, or put back to what it was before it
 * had one. All that it was told is intended again (decision 213). It can be done again at any time. `tune`: the job of the tune.
 */
export async function intendAll(restoring: Restoring, tune: Work): Promise<void> {
  const { stores, log, host } = restoring;
  log.warn(
    'the XMPP server has no stamp, and had one: it was made anew, or put back to an older state. Everything that it was told is told again, and nothing that is missing there passes for a no',
  );
  let count = 0;
  await everybody(restoring, async (subscriber) => {
    const { id, jid, state } = subscriber;
    if (domainOf(jid) !== host || state === 'pending') return;
    await intendAgain(restoring, subscriber, await stores.ledger.whole(id, jid));
    await tellAnew(restoring, subscriber, tune);
    count += 1;
  });
  log.warn({ subscribers: count }, 'everything is intended again on the XMPP server');
}
