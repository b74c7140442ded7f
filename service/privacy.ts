import type { Privacy } from '../domain/privacy.ts';
import type { Blocked } from '../store/privacy.ts';
import type { ServiceContext } from './context.ts';

/**
 * Replaces a subscriber's settings; tune and rosters follow within a second. `version`: only if they are still the ones of it.
 * @throws Fault FAILED_PRECONDITION, NOT_FOUND
 */
export async function changePrivacy(
  { stores, queues, now }: ServiceContext,
  id: string,
  privacy: Privacy,
  blocked: readonly Blocked[],
  version: number | undefined,
): Promise<void> {
  await stores.privacies.put(id, privacy, blocked, version, now());
  await Promise.all([queues.enqueue('tune', [id]), queues.enqueue('reconcile', [id])]);
  await stores.events.tell(id, { what: 'now-playing' });
}
