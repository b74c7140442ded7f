import { wake } from '../../store/due/makes-due.ts';
import type { ServiceContext } from '../context.ts';

/** Removes a subscriber: the gates close at once, and roster items, tune, book and account go by the jobs that this asks for. */
export async function removeSubscriber({ stores, queues, now }: ServiceContext, id: string): Promise<void> {
  // Whatever writes comes before: the sweep may have forgotten the subscriber when this goes on after it.
  await stores.nowPlaying.stop(id, undefined, now());
  await stores.subscribers.leave(id, now());
  await stores.tokens.revokeAll(id);
  await stores.applicationPasswords.revokeAll(id);
  await stores.playerSessions.closeAll(id);
  await stores.idempotency.erase(id);
  await Promise.all([wake(queues, 'audience', [id]), wake(queues, 'left', [id])]);
  await stores.events.tell(id, { what: 'gone' });
}
