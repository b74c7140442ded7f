import { PART_NAMES, type Stack } from '../../local/stack/stack.ts';
import type { Stores } from '../../store/stores.ts';
import type { Api, Person } from '../../test/support/api.ts';
import { processesOf } from '../cpu.ts';
import type { FanOut } from '../load/fan-out.ts';
import { earshotWay } from '../load/ways.ts';
import { connectFriend, type Friend, goOnline } from '../people/friend.ts';
import { bookOf, join } from '../people/people.ts';
import { settled } from '../settled.ts';
import { remembered } from './remembered.ts';
import type { Side } from './side.ts';

/** A stack of the benchmark, its API and its stores. */
export type PepPlace = { stack: Stack; api: Api; stores: Stores };

/**
 * HTTP → Earshot → PEP: all publishers are friends of all watchers, by books that name each other. `publishersOnline`: they
 * have a client of their own, as ejabberd sends friends nothing of who is away (decision 181).
 */
export async function pepSide(
  { stack, api, stores }: PepPlace,
  { server, publishersOnline }: { server: string; publishersOnline: boolean },
  size: { publishers: number; watchers: number },
  fanOut: FanOut,
): Promise<Side> {
  const publishers = await join(api, size.publishers, 'Publisher');
  const friends = await join(api, size.watchers, 'Watcher');
  for (const publisher of publishers) await api.putBook(publisher, bookOf(friends));
  for (const friend of friends) await api.putBook(friend, bookOf(publishers));
  await settled(stores);
  const clients: Friend[] = [];
  let online: { close(): void }[] = [];
  const comeOnline = async () => {
    for (const client of online) client.close();
    online = publishersOnline ? await Promise.all(publishers.map((one) => goOnline(stack, one))) : [];
  };
  await comeOnline();
  return {
    name: `HTTP → PEP on ${server}`,
    isOurs: true,
    open: () => earshotWay(stack, publishers, publishers.length),
    processes: () => processesOf(stack),
    async watch(count) {
      for (let i = clients.length; i < count; i += 1)
        clients.push(await connectFriend(stack, friends[i] as Person, (title) => fanOut.told(i, title)));
    },
    async remembers(titles) {
      await Promise.all(PART_NAMES.map((name) => stack.kill(name)));
      for (const name of PART_NAMES) await stack.restart(name);
      await stack.untilReady();
      await comeOnline();
      return remembered(titles, (heard) => connectFriend(stack, friends[0] as Person, heard));
    },
    async stop() {
      for (const client of [...clients, ...online]) client.close();
    },
  };
}
