import type { Context } from './context.ts';
import { handOver } from './hand-over.ts';
import type { Contacts } from './presence/contacts.ts';
import type { PresenceTracker } from './presence/presence.ts';
import type { XmppServer } from './server/server.ts';

/** What is done before any job runs with a server: one that has rosters takes over from one that had none, where it is first looked who can be heard. */
export function createPreparation(
  context: Context,
  contacts: Contacts,
  presence: Pick<PresenceTracker, 'settle'>,
): (server: Pick<XmppServer, 'rosters' | 'presences'>) => Promise<void> {
  const { stores } = context;

  return async ({ rosters, presences }) => {
    // Only now it is asked who is online.
    if (!presences?.namesAllAtConnect) presence.settle();
    if (!rosters) {
      await stores.offers.begin();
      await contacts.greetAll();
    } else if (await stores.offers.underWay()) {
      // First: a server that has not been started again would tell each tune twice, and the second would pass for the user's own.
      await contacts.greetAll();
      await handOver(context);
    }
  };
}
