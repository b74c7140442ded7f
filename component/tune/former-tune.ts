import { accessChanges, USUAL } from '../../domain/friendship/node-access.ts';
import { NOTHING_TOLD, shownBy, type Told } from '../../domain/playing/told.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { With } from '../context.ts';
import { NoAccount } from '../server/server.ts';
import { publish } from './publish.ts';
import { TUNE } from './tune-element.ts';

/** What the account of the present JID was told. One that the subscriber has given up is told the empty tune first. */
export async function atPresentJid(context: With<'nodes'>, { id, jid }: Subscriber, told: Told): Promise<Told> {
  const { stores, queues } = context;
  if (told.address === undefined || told.address === jid) return told;
  await leaveNode(context, id, told.address, shownBy(told) !== '');
  await stores.told.left(id, 'xmpp', told.address);
  await queues.enqueue('roster', [id]);
  return NOTHING_TOLD;
}

/** The node as it was before Earshot said anything: without a tune, and only then open to every contact of the account. */
async function leaveNode(context: With<'nodes'>, id: string, former: string, shows: boolean): Promise<void> {
  const { stores, nodes } = context;
  const changes = accessChanges(await stores.sharing.access(id), USUAL);
  try {
    if (shows) await publish(context, former, undefined);
    if (changes.length > 0) await nodes.setAccess(former, TUNE, changes);
  } catch (err) {
    // In an account that is gone nothing is left to undo.
    if (!(err instanceof NoAccount)) throw err;
  }
}
