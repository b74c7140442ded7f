import type { Mode } from '../store/base/status.ts';
import type { Context } from './context.ts';
import { handOver } from './hand-over.ts';
import type { Contacts } from './presence/contacts.ts';
import type { PresenceTracker } from './presence/presence.ts';

/** What is done before any job runs in a mode: the usual one takes over from the other, and the other looks who can be heard. */
export function createPreparation(
  context: Context,
  contacts: Contacts,
  presence: Pick<PresenceTracker, 'settle'>,
): (mode: Mode) => Promise<void> {
  const { stores } = context;

  return async (mode) => {
    if (mode === 'unprivileged') {
      // Only now it is asked who is online.
      presence.settle();
      await stores.offers.begin();
      await contacts.greetAll();
    } else if (await stores.offers.underWay()) {
      // First: a server that has not been started again would tell each tune twice, and the second would pass for the user's own.
      await contacts.greetAll();
      await handOver(context);
    }
  };
}
