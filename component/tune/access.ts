import {
  accessChanges,
  accessOf,
  type NodeAccess,
  type NodeChange,
  narrows,
  USUAL,
} from '../../domain/friendship/node-access.ts';
import type { Showing } from '../../domain/playing/showing.ts';
import type { Marks } from '../../store/base/marks.ts';
import { isAsked } from '../../store/friendship/sharing.ts';
import type { Situation } from '../../store/playing/situation.ts';
import type { Context, With } from '../context.ts';
import { TUNE } from './tune-element.ts';

/** What has to be done about who sees a tune. `shutsOut`: somebody who may see it now no longer shall. */
export type AccessTask = { partings: Marks; changes: NodeChange[]; shutsOut: boolean };

/** Compares who may see the tune with what the server was told. */
export async function readAccess(
  { stores }: Context,
  { subscriber, partings }: Situation,
  { audience }: Showing,
): Promise<AccessTask> {
  const { id, state } = subscriber;
  const [known, wanted] = await Promise.all([
    stores.sharing.access(id),
    state === 'active' ? wantedAccess(stores, id, audience) : USUAL,
  ]);
  const changes = accessChanges(known, wanted);
  return { partings, changes, shutsOut: Object.keys(partings).length > 0 || narrows(known, wanted) };
}

async function wantedAccess(stores: Context['stores'], id: string, audience: Showing['audience']): Promise<NodeAccess> {
  // Only a chosen audience has to be named to the server.
  const friends = typeof audience === 'string' ? [] : await stores.friends.list(id);
  return accessOf(audience, friends, [...(await stores.sharing.barred(id)).values()]);
}

/**
 * Lets nobody see the node who shall not; to be called when it shows nothing, or nobody is shut out. The roster job may
 * then go on with those who part. False when the subscriber has another JID by now.
 */
export async function convergeAccess(
  context: With<'nodes'>,
  { subscriber: { id, jid } }: Situation,
  { partings, changes }: AccessTask,
): Promise<boolean> {
  const { stores, nodes } = context;
  await letGo(context, id, partings);
  if (changes.length === 0) return true;
  const fields = changes.map(([field]) => field);
  if (!(await stores.sharing.beginAccess(id, jid, fields))) return false;
  await nodes.setAccess(jid, TUNE, changes);
  await stores.sharing.noteAccess(id, changes);
  return true;
}

/** The tune is off the screens of those who part: the roster jobs of both ends may go on. */
export async function letGo({ stores, queues }: Context, id: string, partings: Marks): Promise<void> {
  const asked = Object.keys(partings).filter((other) => isAsked(partings[other]));
  if (asked.length === 0) return;
  await stores.sharing.clear(id, partings);
  await queues.enqueue('roster', [id, ...asked]);
}
