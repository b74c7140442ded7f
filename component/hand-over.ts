import { domainOf } from '../domain/account/jid.ts';
import { type DirtyItem, NOBODY } from '../store/friendship/friends.ts';
import type { Subscriber } from '../store/subscriber/subscriber-record.ts';
import type { Context } from './context.ts';

/**
 * To be called when the server of that host grants privileges that it did not grant before. Makes the
 * roster and the tune of each of its subscribers due. It can be done twice: the note that says it is needed is
 * removed last.
 */
export async function handOver(context: Context, homeHost: string): Promise<void> {
  const { stores, log } = context;
  let count = 0;
  for (let page = (await stores.roll.pages()) - 1; page >= 0; page -= 1) {
    const records = await stores.subscribers.records(await stores.roll.page(page));
    for (const record of records) {
      // Whoever is leaving may be forgotten in this moment, and nothing may be left behind.
      if (record?.state !== 'active' || domainOf(record.jid) !== homeHost) continue;
      await handOverOne(context, record);
      count += 1;
    }
  }
  await stores.offers.end(homeHost);
  log.info({ count }, 'the rosters of all subscribers are looked at again: the component may set them now');
}

/** Every friend, and every item that Earshot made when it last could. */
async function handOverOne({ stores, now }: Context, { id, jid }: Subscriber): Promise<void> {
  const [friends, ledger] = await Promise.all([stores.friends.list(id), stores.ledger.whole(id, jid)]);
  const items = new Map<string, DirtyItem>([...ledger.keys()].map((item) => [item, { jid: item, id: NOBODY }]));
  for (const friend of friends) items.set(friend.jid, { jid: friend.jid, id: friend.id });
  await stores.offers.handOver({ id, jid }, [...items.values()], now());
}
