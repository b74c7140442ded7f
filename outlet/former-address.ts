import { ONE_PLACE, placeChanges } from '../domain/friendship/access-places.ts';
import type { OutletName } from '../domain/playing/outlets.ts';
import { NOTHING_TOLD, shownBy, type Told } from '../domain/playing/told.ts';
import type { Queues } from '../runtime/queue/queues.ts';
import { wake } from '../store/due/makes-due.ts';
import type { Situation } from '../store/playing/situation.ts';
import type { Stores } from '../store/stores.ts';
import { NobodyThere, type Outlet } from './outlet.ts';

/** What was told at the present address. One that the subscriber has given up is emptied first. */
export async function atPresentAddress(
  { stores, queues }: { stores: Stores; queues: Queues },
  outlet: Outlet,
  { subscriber, told }: Situation,
): Promise<Told> {
  const former = told.address;
  if (former === undefined || former === outlet.addressOf(subscriber)) return told;
  await leave(stores, outlet, subscriber.id, former, told);
  return leftAddress({ stores, queues }, subscriber.id, outlet.name, former);
}

/** Nothing is shown at that address any more: the subscriber's roster job may undo the rest, and those of its friends. */
export async function leftAddress(
  { stores, queues }: { stores: Stores; queues: Queues },
  id: string,
  outlet: OutletName,
  former: string,
): Promise<Told> {
  await stores.told.left(id, outlet, former);
  const friends = await stores.friends.list(id);
  await wake(queues, 'leftAddress', [id, ...friends.map((friend) => friend.id)]);
  return NOTHING_TOLD;
}

/** As it was before Earshot said anything: without a tune, and only then open to everybody as usual. */
async function leave(stores: Stores, outlet: Outlet, id: string, former: string, told: Told): Promise<void> {
  try {
    if (shownBy(told) !== '') {
      await outlet.ready?.(true);
      await outlet.show(former, undefined, told.memo);
    }
    if (!outlet.admit) return;
    const changes = placeChanges(outlet.places ?? ONE_PLACE, await stores.admissions.read(id, outlet.name), undefined);
    if (changes.length > 0) await outlet.admit(former, changes);
  } catch (err) {
    // Where nobody is, nothing is left to undo.
    if (!(err instanceof NobodyThere)) throw err;
  }
}
