import { accessChanges, USUAL } from '../../domain/friendship/node-access.ts';
import { fingerprint } from '../../domain/playing/tune.ts';
import type { Published } from '../../store/playing/now-playing.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { With } from '../context.ts';
import { NoAccount } from '../server/server.ts';
import { publish } from './publish.ts';
import { TUNE } from './tune-element.ts';

const NOTHING: Published = { fingerprint: fingerprint(undefined), at: 0, jid: undefined };

/** What the account of the present JID was told. One that the subscriber has given up is told the empty tune first. */
export async function atPresentJid(
  context: With<'nodes'>,
  { id, jid }: Subscriber,
  told: Published,
): Promise<Published> {
  const { stores, queues } = context;
  if (told.jid === undefined || told.jid === jid) return told;
  await leaveNode(context, id, told.jid, told.fingerprint);
  await stores.nowPlaying.left(id, told.jid);
  await queues.enqueue('roster', [id]);
  return NOTHING;
}

/** The node as it was before Earshot said anything: without a tune, and only then open to every contact of the account. */
async function leaveNode(context: With<'nodes'>, id: string, former: string, shown: string | undefined): Promise<void> {
  const { stores, nodes } = context;
  const changes = accessChanges(await stores.sharing.access(id), USUAL);
  try {
    if (shown !== NOTHING.fingerprint) await publish(context, former, undefined);
    if (changes.length > 0) await nodes.setAccess(former, TUNE, changes);
  } catch (err) {
    // In an account that is gone nothing is left to undo.
    if (!(err instanceof NoAccount)) throw err;
  }
}
