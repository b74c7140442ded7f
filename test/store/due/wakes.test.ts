import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { pino } from 'pino';
import type { Playing } from '../../../domain/playing/tune.ts';
import { connectEvents, type Redis } from '../../../runtime/redis/redis.ts';
import { createWakeSource } from '../../../store/due/wakes.ts';
import { createStores, type Stores } from '../../../store/stores.ts';
import { eventually } from '../../support/eventually.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const HOST = 'op.example';
const SONG: Playing = { device: 'phone', tune: { kind: 'audio', title: 'A' }, since: NOW, expiresAt: NOW + 60_000 };
const PEOPLE = ['alice', 'bob', 'carol', 'dave'];

for (const hosts of [[], [HOST, 'brand.example']])
  describe(`who is woken over a Redis Cluster, with ${hosts.length > 0 ? 'several homes' : 'one home'}`, () => {
    const server = useRedis('a Redis Cluster');
    const log = pino({ level: 'silent' });
    let prefix: string;
    let stores: Stores;
    let connections: Redis[];
    let woken: string[];
    let gaps: number;

    beforeEach(async () => {
      prefix = `t${randomUUID().slice(0, 8)}`;
      stores = createStores(server.redis, prefix, Buffer.alloc(32), undefined, hosts);
      [connections, woken, gaps] = [[await connectEvents(server.place, log)], [], 0];
      for (const [i, id] of PEOPLE.entries()) {
        const numbers = { phoneNumber: `+${i}`, numberKey: `${i}`.repeat(12) };
        await addSubscriber(stores, { id, ...numbers, jid: `${id}@${HOST}`, displayName: id }, NOW);
      }
      const source = createWakeSource(connections[0] as Redis, stores.keys, server.place.sharded, HOST);
      await source.listen(
        'tune',
        (id) => woken.push(id),
        () => {
          gaps += 1;
        },
      );
    });

    afterEach(() => {
      for (const connection of connections) connection.destroy();
    });

    it('is woken of a tune by the node that has the subscriber, and no other node is told', async () => {
      const everything: string[] = [];
      const listening = await connectEvents(server.place, log);
      connections.push(listening);
      await listening.pSubscribe(`${prefix}:*`, (message) => everything.push(message));
      for (const id of PEOPLE) await stores.nowPlaying.play(id, SONG, NOW);
      for (const id of PEOPLE) await stores.nowPlaying.stop(id, undefined, NOW);
      // Sent after them, and heard everywhere.
      await stores.wakes.tell('tune', ['alice']);
      const all = [...PEOPLE, ...PEOPLE, 'alice'].sort();
      await eventually(() => expect([...woken].sort()).to.deep.equal(all));
      await eventually(() => expect(everything).to.deep.equal(['alice']));
    });

    it('is woken again of tunes after masters were killed, and told that something may have been missed', async () => {
      await server.crashMaster?.();
      await eventually(() => expect(gaps).to.be.above(0));
      for (const id of PEOPLE)
        await eventually(async () => {
          await stores.nowPlaying.play(id, SONG, NOW);
          expect(woken).to.include(id);
        });
    });
  });
