import { Fault } from '../../domain/fault.ts';
import { MOST_NEWLY_BLOCKED, type Privacy } from '../../domain/friendship/privacy.ts';
import { decideShowing } from '../../domain/playing/showing.ts';
import { wake } from '../../store/due/makes-due.ts';
import type { Blocked } from '../../store/friendship/privacy.ts';
import { toRemember } from '../../store/playing/recent.ts';
import type { ServiceContext } from '../context.ts';

/**
 * Replaces a subscriber's settings; tune and rosters follow within a second. `version`: only if they are still the ones of it.
 * @throws Fault FAILED_PRECONDITION, NOT_FOUND, TOO_MANY_REQUESTS
 */
export async function changePrivacy(
  { stores, queues, config, now }: ServiceContext,
  id: string,
  privacy: Privacy,
  blocked: readonly Blocked[],
  version: number | undefined,
): Promise<void> {
  await stores.privacies.put(id, privacy, blocked, version, now(), MOST_NEWLY_BLOCKED);
  await wake(queues, 'privacy', [id]);
  const basis = await stores.situations.own(id);
  // What still plays is shown to a new audience.
  const shown = toRemember(config, basis, decideShowing(basis, now()));
  if (shown) await stores.recent.note(id, shown);
}

/** Attempts before somebody else's changes are told to the caller. */
const ATTEMPTS = 3;

/** Begins a private session, or with null ends it; the other settings stay. `until`: milliseconds since the epoch. @throws Fault as changePrivacy */
export async function keepPrivate(context: ServiceContext, id: string, until: number | null): Promise<void> {
  const { privacies } = context.stores;
  for (let attempt = 1; ; attempt += 1) {
    // In this order: whatever changes in between has another version.
    const { privacy, version } = await privacies.read(id);
    const blocked = await privacies.blocked(id);
    try {
      return await changePrivacy(context, id, { ...privacy, privateUntil: until }, blocked, version);
    } catch (err) {
      if (!(err instanceof Fault && err.code === 'FAILED_PRECONDITION') || attempt === ATTEMPTS) throw err;
    }
  }
}
