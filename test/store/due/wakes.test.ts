import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { pino } from 'pino';
import { createClient } from 'redis';
import type { Playing } from '../../../domain/playing/tune.ts';
import type { Listening } from '../../../runtime/redis/listening.ts';
import { connectEvents } from '../../../runtime/redis/redis.ts';
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
    let connections: Listening[];
    let woken: string[];
    /** How often something may have been missed. */
    let gaps: number;

    beforeEach(async () => {
      prefix = `t${randomUUID().slice(0, 8)}`;
      stores = createStores(server.redis, prefix, Buffer.alloc(32), undefined, hosts);
      [connections, woken, gaps] = [[await connectEvents(server.place, log)], [], 0];
      for (const [i, id] of PEOPLE.entries()) {
        const numbers = { phoneNumber: `+${i}`, numberKey: `${i}`.repeat(12) };
        await addSubscriber(stores, { id, ...numbers, jid: `${id}@${HOST}`, displayName: id }, NOW);
      }
      const source = createWakeSource(connections[0] as Listening, stores.keys, server.place.sharded, HOST);
      await source.listen(
        'tune',
        (id) => woken.push(id),
        () => (gaps += 1),
      );
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
      const listening = await createClient({ url: server.place.urls[0] }).connect();
      connections.push(listening);
      await listening.pSubscribe(`${prefix}:*`, (message) => everything.push(message));
      for (const id of PEOPLE) await stores.nowPlaying.play(id, SONG, NOW);
      for (const id of PEOPLE) await stores.nowPlaying.stop(id, undefined, NOW);
      await eventually(() => expect([...woken].sort()).to.deep.equal([...PEOPLE, ...PEOPLE].sort()));
      // Sent after them, and heard everywhere; and again, as it can be lost between two nodes.
      const ends: string[] = [];
      await eventually(async () => {
        ends.push(`end ${ends.length}`);
        await stores.wakes.tell('tune', ['alice']);
        await onEachNode(`PUBLISH ${prefix}:end`, ends.at(-1) ?? '');
        expect(everything).to.include('alice');
        expect(woken.slice(2 * PEOPLE.length)).to.include('alice');
        const nodesHeard = ends.map((end) => everything.filter((message) => message === end).length);
        expect(nodesHeard).to.include(server.nodes.length);
      });
      for (const later of [woken.slice(2 * PEOPLE.length), everything.filter((message) => !ends.includes(message))]) {
        expect([...new Set(later)]).to.deep.equal(['alice']);
        expect(later.length, 'each once').to.be.at.most(ends.length);
      }
    });

    it('is woken once of a tune where it could be listened to only at a later try', async () => {
      const channels = allPartitions().map((partition) => stores.keys.wakesIn(partition, 'tune', HOST));
      const allowed = [stores.keys.wakes('tune', HOST), ...channels.slice(1)].map((channel) => `&${channel}`);
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
      expect(gaps).to.equal(0);
      await server.crashMaster?.();
      await eventually(() => expect(gaps).to.be.above(0));
      for (const id of PEOPLE)
        await eventually(async () => {
          await stores.nowPlaying.play(id, SONG, NOW);
          expect(woken).to.include(id);
        });
    });
  });
