import {
  accessChanges,
  accessOf,
  type NodeAccess,
  type NodeChange,
  narrows,
  USUAL,
} from '../../domain/friendship/node-access.ts';
import type { Privacy } from '../../domain/friendship/privacy.ts';
import type { Marks } from '../../store/base/marks.ts';
import { isAsked } from '../../store/friendship/sharing.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import type { Context, With } from '../context.ts';
import { TUNE } from './tune-element.ts';

/** What has to be done about who sees a tune. `shutsOut`: somebody who may see it now no longer shall. */
export type AccessTask = { partings: Marks; changes: NodeChange[]; shutsOut: boolean };

/** Compares who may see the tune at `time` with what the server was told. */
export async function readAccess(
  { stores }: Context,
  { id, state }: Subscriber,
  privacy: Privacy,
  time: number,
): Promise<AccessTask> {
  const [partings, known] = await Promise.all([stores.sharing.partings(id), stores.sharing.access(id)]);
  const wanted = state === 'active' ? await wantedAccess(stores, id, privacy, time) : USUAL;
  const changes = accessChanges(known, wanted);
  return { partings, changes, shutsOut: Object.keys(partings).length > 0 || narrows(known, wanted) };
}

async function wantedAccess(
  stores: Context['stores'],
  id: string,
  privacy: Privacy,
  time: number,
): Promise<NodeAccess> {
  // Only a chosen audience has to be named to the server.
  const friends = typeof privacy.audience === 'string' ? [] : await stores.friends.list(id);
  return accessOf(privacy, friends, [...(await stores.sharing.barred(id)).values()], time);
}

/**
 * Lets nobody see the node who shall not; to be called when it shows nothing, or nobody is shut out. The roster job may then go on with those
 * who part. True when there are none left, and the tune may be shown; undefined when the subscriber has another JID by now.
 */
export async function convergeAccess(
  context: With<'nodes'>,
  { id, jid }: Subscriber,
  { partings, changes }: AccessTask,
): Promise<boolean | undefined> {
  const { stores, nodes } = context;
  await letGo(context, id, partings);
  if (changes.length > 0) {
    const fields = changes.map(([field]) => field);
    if (!(await stores.sharing.beginAccess(id, jid, fields))) return undefined;
    await nodes.setAccess(jid, TUNE, changes);
    await stores.sharing.noteAccess(id, changes);
  }
  return Object.keys(partings).length === 0;
}

/** The tune is off the screens of those who part: the roster jobs of both ends may go on. */
export async function letGo({ stores, queues }: Context, id: string, partings: Marks): Promise<void> {
  const asked = Object.keys(partings).filter((other) => isAsked(partings[other]));
  if (asked.length === 0) return;
  await stores.sharing.clear(id, partings);
  await queues.enqueue('roster', [id, ...asked]);
}
