import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { pino } from 'pino';
import { createClient } from 'redis';
import type { Playing } from '../../../domain/playing/tune.ts';
import { connectEvents, type Redis } from '../../../runtime/redis/redis.ts';
import { allPartitions } from '../../../store/base/partitions.ts';
import { createWakeSource } from '../../../store/due/wakes.ts';
import { createStores, type Stores } from '../../../store/stores.ts';
import { eventually } from '../../support/eventually.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const HOST = 'op.example';
const SONG: Playing = { device: 'phone', tune: { kind: 'audio', title: 'A' }, since: NOW, expiresAt: NOW + 60_000 };
const PEOPLE = ['alice', 'bob', 'carol', 'dave'];

function asHalf(url: string): string {
  return Object.assign(new URL(url), { username: 'half', password: 'half' }).href;
}

for (const hosts of [[], [HOST, 'brand.example']])
  describe(`who is woken over a Redis Cluster, with ${hosts.length > 0 ? 'several homes' : 'one home'}`, () => {
    const server = useRedis('a Redis Cluster');
    const log = pino({ level: 'silent' });
    let prefix: string;
    let stores: Stores;
    let connections: Redis[];
    let woken: string[];
    /** Milliseconds from when it is listened to: of the last time that something may have been missed. */
    let lastGap: number;

    beforeEach(async () => {
      prefix = `t${randomUUID().slice(0, 8)}`;
      stores = createStores(server.redis, prefix, Buffer.alloc(32), undefined, hosts);
      [connections, woken, lastGap] = [[await connectEvents(server.place, log)], [], 0];
      for (const [i, id] of PEOPLE.entries()) {
        const numbers = { phoneNumber: `+${i}`, numberKey: `${i}`.repeat(12) };
        await addSubscriber(stores, { id, ...numbers, jid: `${id}@${HOST}`, displayName: id }, NOW);
      }
      const source = createWakeSource(connections[0] as Redis, stores.keys, server.place.sharded, HOST);
      let listening = Number.POSITIVE_INFINITY;
      await source.listen(
        'tune',
        (id) => woken.push(id),
        () => {
          lastGap = performance.now() - listening;
        },
      );
      listening = performance.now();
    });

    afterEach(() => {
      for (const connection of connections) connection.destroy();
    });

    async function onEachNode(command: string, ...args: string[]): Promise<void> {
      for (const { url } of server.nodes) {
        const node = await createClient({ url }).connect();
        await node.sendCommand([...command.split(' '), ...args]);
        node.destroy();
      }
    }

    it('is woken of a tune by the node that has the subscriber, and no other node is told', async () => {
      const everything: string[] = [];
      const listening = await connectEvents(server.place, log);
      connections.push(listening);
      await listening.pSubscribe(`${prefix}:*`, (message) => everything.push(message));
      for (const id of PEOPLE) await stores.nowPlaying.play(id, SONG, NOW);
      for (const id of PEOPLE) await stores.nowPlaying.stop(id, undefined, NOW);
      // Sent after them, and heard everywhere.
      await stores.wakes.tell('tune', ['alice']);
      await onEachNode(`PUBLISH ${prefix}:end end`);
      const all = [...PEOPLE, ...PEOPLE, 'alice'].sort();
      await eventually(() => expect([...woken].sort()).to.deep.equal(all));
      await eventually(() => expect([...everything].sort()).to.deep.equal(['alice', ...server.nodes.map(() => 'end')]));
    });

    it('is woken once of a tune where it could be listened to only at a later try', async () => {
      const channels = allPartitions().map((partition) => stores.keys.wakesIn(partition, 'tune', HOST));
      const allowed = ['earshot', stores.keys.wakes('tune', HOST), ...channels.slice(1)].map(
        (channel) => `&${channel}`,
      );
      await onEachNode('ACL SETUSER half', 'reset', 'on', '>half', '~*', '+@all', 'resetchannels', ...allowed);
      const half = await connectEvents({ ...server.place, urls: server.place.urls.map(asHalf) as [string] }, log);
      connections.push(half);
      const source = createWakeSource(half, stores.keys, server.place.sharded, HOST);
      const heard: string[] = [];
      const wake = (id: string) => void heard.push(id);
      const tried = () => source.listen('tune', wake, () => {});
      for (let i = 0; i < 3; i += 1)
        expect(`${await tried().catch((err: unknown) => err)}`, 'one slot is refused').to.include('NOPERM');
      await onEachNode('ACL SETUSER half', 'allchannels');
      await tried();
      for (const id of PEOPLE) await stores.nowPlaying.play(id, SONG, NOW);
      await eventually(() => expect(heard).to.include.members(PEOPLE));
      await server.redis.publish(stores.keys.wakes('tune', HOST), 'eve');
      await eventually(() => expect(heard).to.include('eve'));
      expect([...heard].sort(), 'each reader of a message is called in one moment').to.deep.equal([...PEOPLE, 'eve']);
    });

    it('is woken again of tunes after masters were killed, and told that something may have been missed', async () => {
      await server.crashMaster?.();
      // Two seconds later it is told of the connections it was made with.
      await eventually(() => expect(lastGap).to.be.above(2_500));
      for (const id of PEOPLE)
        await eventually(async () => {
          await stores.nowPlaying.play(id, SONG, NOW);
          expect(woken).to.include(id);
        });
    });
  });
