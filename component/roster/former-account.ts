import { decideRosterStep } from '../../domain/friendship/roster.ts';
import type { FormerJid } from '../../store/account/former-jids.ts';
import { type RosterContext, takeRosterStep } from './roster-step.ts';

/**
 * Undoes what Earshot did in an account that its subscriber has given up, and then frees the JID. The tune job empties the
 * tune there and asks for this job again; until then the JID is kept.
 */
export async function leaveAccount(context: RosterContext, id: string, { jid, state }: FormerJid): Promise<void> {
  const { stores, queues } = context;
  if (state === 'undo') {
    await undoRoster(context, id, jid);
    if ((await stores.told.read(id, 'xmpp')).address === jid) return queues.enqueue('tune', [id]);
    await stores.offers.drop(id, jid);
    await stores.formerJids.undone(id, jid);
  }
  await stores.formerJids.free(id, jid);
}

async function undoRoster(context: RosterContext, id: string, jid: string): Promise<void> {
  const ledger = await context.stores.friends.wholeLedger(id, jid);
  if (ledger.size === 0) return;
  // In an account that is gone nothing is left to undo.
  const roster = (await context.rosters.read(jid)) ?? new Map();
  for (const [itemJid, entry] of ledger) {
    const item = roster.get(itemJid);
    const step = decideRosterStep(itemJid, undefined, item, entry);
    context.metrics.rosterSteps.inc({ step: step.do });
    await takeRosterStep(context, { id, jid }, { jid: itemJid, id: '' }, step, item, entry);
  }
}
