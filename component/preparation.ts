import type { ComponentConfig } from '../runtime/config/component-config.ts';
import type { Context } from './context.ts';
import { handOver } from './hand-over.ts';
import type { Contacts } from './presence/contacts.ts';
import type { PresenceTracker } from './presence/presence.ts';
import { requireSameHomes } from './same-homes.ts';
import type { XmppServer } from './server/server.ts';

/**
 * Returns what has to be done before any job runs with a server. Without rosters: note that a
 * hand-over will be needed, and find out which users have the component as a contact. With rosters,
 * after a time without: the hand-over.
 */
export function createPreparation(
  context: Context,
  { homeHost, hosts }: Pick<ComponentConfig, 'homeHost' | 'hosts'>,
  contacts: Contacts,
  presence: Pick<PresenceTracker, 'settle' | 'follow'>,
): (server: Pick<XmppServer, 'rosters' | 'presences'>) => Promise<void> {
  const { stores } = context;

  return async ({ rosters, presences }) => {
    await requireSameHomes(stores, hosts);
    if (presences?.snapshot) await presence.follow(presences.snapshot);
    // Only now it is asked who is online.
    else if (!presences?.namesAllAtConnect) presence.settle();
    if (!rosters) {
      await stores.offers.begin(homeHost);
      await contacts.greetAll();
    } else if (await stores.offers.underWay(homeHost)) {
      // First: a server that has not been started again would tell each tune twice, and the second would pass for the user's own.
      await contacts.greetAll();
      await handOver(context, homeHost);
    }
  };
}
