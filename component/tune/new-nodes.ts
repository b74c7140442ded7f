import { domainOf } from '../../domain/account/jid.ts';
import type { NodePlace } from '../../domain/friendship/access-places.ts';
import type { Context } from '../context.ts';
import { NODES } from './nodes.ts';

/**
 * To be called before anything is published for subscribers of that host. A node is as open as its account, until it is told
 * otherwise. So where `places` have one that nobody was looked at for yet, everybody's access is asked for, and each tune job
 * closes the node before it shows anything there (decision 133). What is known says exactly what there is now, so that an earlier
 * version, and after it this one, look anew.
 */
export async function askForNewNodes(
  { stores, log, now }: Pick<Context, 'stores' | 'log' | 'now'>,
  host: string,
  places: readonly NodePlace[] = NODES,
): Promise<void> {
  const names = places.flatMap(({ kept }) => (kept === '' ? [] : [kept]));
  const known = await stores.knownPlaces.read('xmpp', host);
  if (known.join(' ') === names.join(' ')) return;
  if (!names.every((name) => known.includes(name))) {
    const count = await askEverybody(stores, host, now);
    log.info({ count }, 'there is a new node for what plays: everybody is looked at before anything is shown there');
  }
  await stores.knownPlaces.note('xmpp', host, names);
}

/** Returns how many. Done twice it is done once. */
async function askEverybody(stores: Context['stores'], host: string, now: () => number): Promise<number> {
  let count = 0;
  for (let page = (await stores.roll.pages()) - 1; page >= 0; page -= 1)
    for (const record of await stores.subscribers.records(await stores.roll.page(page))) {
      if (record === undefined || domainOf(record.jid) !== host) continue;
      await stores.sharing.ask(record.id, now());
      count += 1;
    }
  return count;
}
