import type { Log } from '../runtime/log.ts';
import type { Queues } from '../runtime/queue/queues.ts';
import type { Situation } from '../store/playing/situation.ts';
import type { Stores } from '../store/stores.ts';
import { letGo } from './admission.ts';
import type { NobodyThere, Outlet } from './outlet.ts';

/** `now`: milliseconds since the epoch. */
type MissContext = { stores: Stores; queues: Queues; log: Log; now: () => number };

/**
 * Notes that nobody was found at the subscriber's address. Where nobody is, nothing is shown, so nobody has to wait for it to be cleared. But a server in trouble finds nobody either: what was told there
 * before may still be shown, and is only forgotten when after this `pause`, whatever the next one is, still nobody is found (decision 206).
 */
export async function miss(
  context: MissContext,
  outlet: Outlet,
  seen: Situation,
  { message }: NobodyThere,
  pause = 0,
): Promise<void> {
  const { stores, log, now } = context;
  const { told, subscriber } = seen;
  const { id } = subscriber;
  const time = now();
  log.warn({ subject: id }, message);
  // What was missed at a time that has still to come is missed from now on (decision 210).
  const isKnown = told.state === 'missed' && told.at <= time;
  const { at, again } = isKnown ? told : { at: time, again: time + pause };
  if (told.address !== undefined && (!isKnown || again > time)) return stores.told.miss(id, outlet.name, at, again);
  await stores.told.forget(id, outlet.name);
  await letGo(context, id, outlet.name, await stores.sharing.partings(id));
}
