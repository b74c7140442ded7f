import { narrowsAny, ONE_PLACE, placeChanges } from '../domain/friendship/access-places.ts';
import { accessOf, type NodeAccess, type NodeChange } from '../domain/friendship/node-access.ts';
import type { OutletName } from '../domain/playing/outlets.ts';
import type { Showing } from '../domain/playing/showing.ts';
import type { Queues } from '../runtime/queue/queues.ts';
import type { Marks } from '../store/base/marks.ts';
import { wake } from '../store/due/makes-due.ts';
import type { Situation } from '../store/playing/situation.ts';
import type { Stores } from '../store/stores.ts';
import type { Outlet } from './outlet.ts';

/** What has to be done about who may look. `shutsOut`: somebody who may look now no longer shall. */
export type Admission = { partings: Marks; changes: NodeChange[]; shutsOut: boolean };

/** Compares who may look with what the outlet was told. */
export async function readAdmission(
  stores: Stores,
  { name, places = ONE_PLACE }: Outlet,
  { subscriber, partings }: Situation,
  { audience }: Showing,
): Promise<Admission> {
  const { id, state } = subscriber;
  const [known, wanted] = await Promise.all([
    stores.admissions.read(id, name),
    state === 'active' ? wantedAccess(stores, id, audience) : undefined,
  ]);
  const changes = placeChanges(places, known, wanted);
  return { partings, changes, shutsOut: Object.keys(partings).length > 0 || narrowsAny(places, known, wanted) };
}

async function wantedAccess(stores: Stores, id: string, audience: Showing['audience']): Promise<NodeAccess> {
  const blocks = (await stores.privacies.countBlocked(id)) > 0;
  // Only a chosen audience has to be named, or one of which somebody is left out.
  const named = typeof audience === 'object' || (audience === 'friends' && blocks);
  return accessOf(audience, named ? await stores.friends.list(id) : [], blocks);
}

/**
 * Lets nobody look who shall not; to be called when nothing is shown, or nobody is shut out. The roster job may then go on
 * with those who part. False when the subscriber has another address by now.
 */
export async function convergeAdmission(
  { stores, queues }: { stores: Stores; queues: Queues },
  outlet: Outlet,
  address: string,
  { subscriber }: Situation,
  { partings, changes }: Admission,
): Promise<boolean> {
  await letGo({ stores, queues }, subscriber.id, outlet.name, partings);
  if (changes.length === 0) return true;
  const fields = changes.map(([field]) => field);
  if (!(await stores.admissions.begin(subscriber, outlet.name, address, fields))) return false;
  await outlet.admit?.(address, changes);
  await stores.admissions.note(subscriber.id, outlet.name, changes);
  return true;
}

/**
 * The outlet shows nothing to those who part. Where no other does either, the tune is off their
 * screens, and the roster jobs of both ends may go on.
 */
export async function letGo(
  { stores, queues }: { stores: Stores; queues: Queues },
  id: string,
  outlet: OutletName,
  partings: Marks,
): Promise<void> {
  const cleared = await stores.sharing.clear(id, outlet, partings);
  if (cleared.length > 0) await wake(queues, 'cleared', [id, ...cleared]);
}
