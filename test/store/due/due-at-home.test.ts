import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { pino } from 'pino';
import type { Listening } from '../../../runtime/redis/listening.ts';
import { connectEvents } from '../../../runtime/redis/redis.ts';
import { partitionOf } from '../../../store/base/partitions.ts';
import { createWakeSource } from '../../../store/due/wakes.ts';
import { createStores, type Stores } from '../../../store/stores.ts';
import { eventually } from '../../support/eventually.ts';
import { REDIS_KINDS, useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const [OP, BRAND] = ['op.example', 'brand.example'];
const HOSTS = [BRAND, OP];
const MOST = 100;

for (const kind of REDIS_KINDS)
  describe(`who is due, with several homes over ${kind}`, () => {
    const server = useRedis(kind);
    let prefix: string;
    let stores: Stores;

    beforeEach(async () => {
      prefix = `t${randomUUID().slice(0, 8)}`;
      stores = withHomes(HOSTS);
      for (const [i, [id, host]] of [
        ['alice', OP],
        ['bob', BRAND],
        ['carol', BRAND],
      ].entries()) {
        const numbers = { phoneNumber: `+${i}`, numberKey: `${i}`.repeat(12) };
        await addSubscriber(stores, { id: id ?? '', ...numbers, jid: `${id}@${host}`, displayName: '' }, NOW);
      }
      for (const id of ['alice', 'bob', 'carol', 'nobody']) await stores.due.settle('roster', id, []);
    });

    const withHomes = (hosts: readonly string[]) =>
      createStores(server.redis, prefix, Buffer.alloc(32), undefined, hosts);
    /** Between the nodes of a cluster a wake can be lost, as a connection of theirs may be made anew; so it is given again. */
    const wakenUntil = (wake: () => Promise<void>, check: () => void) =>
      eventually(async () => {
        await wake();
        check();
      });
    /** As a component looks: where somebody is due, and nowhere else. */
    const take = async (host: string, now: number, most = MOST) => {
      const where = await stores.dueAtHome.where(['tune', 'roster'], host, now);
      return (await stores.dueAtHome.take('roster', host, now, most, where.get('roster') ?? [])).sort();
    };

    it('is given to the component of the own home alone, whichever looks first', async () => {
      for (const id of ['alice', 'bob', 'carol']) await stores.due.postpone('roster', id, NOW);
      expect(await take(OP, NOW)).to.deep.equal(['alice']);
      expect(await take(OP, NOW), 'again').to.deep.equal([]);
      expect(await take(BRAND, NOW)).to.deep.equal(['bob', 'carol']);
      expect(await take(BRAND, NOW + 9_999), 'again').to.deep.equal([]);
      expect(await take(BRAND, NOW + 10_000), 'what was not done').to.deep.equal(['bob', 'carol']);
      expect(await take(OP, NOW + 10_000)).to.deep.equal(['alice']);
    });

    it('is looked for where somebody is, and nowhere else', async () => {
      const where = async (host: string, now: number) => [
        ...(await stores.dueAtHome.where(['tune', 'roster'], host, now)),
      ];
      await stores.due.postpone('roster', 'alice', NOW);
      await stores.due.postpone('roster', 'bob', NOW + 1);
      await stores.due.postpone('tune', 'bob', NOW);
      expect(await where(OP, NOW - 1)).to.deep.equal([]);
      expect(await where(OP, NOW), 'whoever it is').to.deep.equal([
        ['tune', [partitionOf('bob')]],
        ['roster', [partitionOf('alice')]],
      ]);
      await stores.dueAtHome.take('tune', OP, NOW, MOST);
      expect(
        (await where(OP, NOW)).map(([name]) => name),
        'no home’s but the own',
      ).to.deep.equal(['roster']);
      expect((await where(BRAND, NOW)).map(([name]) => name)).to.have.members(['tune', 'roster']);
    });

    it('is given to whoever asks where no home has a process of its own, and is woken there', async () => {
      for (const id of ['alice', 'bob']) await stores.due.postpone('sip', id, NOW);
      expect((await stores.dueAtHome.underWay('sip', '', NOW, MOST)).sort()).to.deep.equal(['alice', 'bob']);
      expect((await stores.dueAtHome.take('sip', '', NOW, MOST)).sort()).to.deep.equal(['alice', 'bob']);
      expect(await stores.dueAtHome.take('sip', '', NOW + 9_999, MOST), 'again').to.deep.equal([]);
      const connection = await connectEvents(server.place, pino({ level: 'silent' }));
      try {
        const heard: string[] = [];
        await createWakeSource(connection, stores.keys, server.place.sharded).listen(
          'sip',
          (id) => heard.push(id),
          () => {},
        );
        await wakenUntil(
          () => stores.wakes.tell('sip', ['alice', 'bob']),
          () => expect(heard.slice(0, 2)).to.deep.equal(['alice', 'bob']),
        );
      } finally {
        connection.destroy();
      }
    });

    it('is overdue for as long as its home does not look, whichever home that is', async () => {
      const overdue = (now: number) => stores.dueAtHome.overdue('roster', now);
      expect(await overdue(NOW)).to.equal(0);
      await stores.due.postpone('roster', 'alice', NOW + 60_000);
      await stores.due.postpone('roster', 'bob', NOW);
      expect(await overdue(NOW + 5_000)).to.equal(5_000);
      // Whoever looks first moves him into the range of his own home.
      expect(await take(OP, NOW + 5_000)).to.deep.equal([]);
      expect(await overdue(NOW + 7_000)).to.equal(2_000);
    });

    it('waits for a home that is away, and keeps no other from its own', async () => {
      await stores.due.postponeAll('roster', ['bob', 'carol'], NOW);
      for (let i = 0; i < 3; i += 1) expect(await take(OP, NOW + i)).to.deep.equal([]);
      await stores.due.postpone('roster', 'alice', NOW + 3);
      expect(await take(OP, NOW + 3, 1)).to.deep.equal(['alice']);
      expect(await take(BRAND, NOW + 60_000)).to.deep.equal(['bob', 'carol']);
    });

    it('wakes the component of that home when another finds it', async () => {
      const connection: Listening = await connectEvents(server.place, pino({ level: 'silent' }));
      try {
        const woken: string[] = [];
        const source = createWakeSource(connection, stores.keys, server.place.sharded, BRAND);
        await source.listen(
          'roster',
          (id) => woken.push(id),
          () => {},
        );
        const heard = () => [...new Set(woken)];
        await wakenUntil(
          () => stores.wakes.tell('roster', ['alice', 'bob', 'nobody']),
          () => expect(heard()).to.deep.equal(['bob']),
        );
        await wakenUntil(
          async () => {
            await stores.due.postpone('roster', 'carol', NOW);
            expect(await take(OP, NOW)).to.deep.equal([]);
          },
          () => expect(heard()).to.deep.equal(['bob', 'carol']),
        );
      } finally {
        connection.destroy();
      }
    });

    it('is first given to the home that is left, and only then to the one that was moved to', async () => {
      const woken: string[] = [];
      const connection: Listening = await connectEvents(server.place, pino({ level: 'silent' }));
      try {
        for (const host of HOSTS) {
          const source = createWakeSource(connection, stores.keys, server.place.sharded, host);
          await source.listen(
            'roster',
            (id) => woken.push(`${id} at ${host}`),
            () => {},
          );
        }
        const numbers = { phoneNumber: '+1', numberKey: '1'.repeat(12) };
        const moveTo = (jid: string) => stores.subscribers.identity.change('bob', { numbers, jid }, NOW);
        expect(await moveTo(`bob@${OP}`)).to.equal('ok');
        expect(await take(OP, NOW + 10_000)).to.deep.equal([]);
        expect(await take(BRAND, NOW + 10_000)).to.deep.equal(['bob']);
        await wakenUntil(
          () => stores.wakes.tell('roster', ['bob']),
          () => expect(woken.at(-1)).to.equal(`bob at ${BRAND}`),
        );
        expect(await moveTo(`bob@${BRAND}`), 'back').to.equal('busy');
        expect(await moveTo(`bobby@${OP}`), 'further').to.equal('busy');
        expect(await stores.formerJids.free('bob', `bob@${BRAND}`, NOW + 11_000)).to.equal(true);
        await wakenUntil(
          () => stores.wakes.tell('roster', ['bob']),
          () => expect(woken.at(-1)).to.equal(`bob at ${OP}`),
        );
        expect(await take(BRAND, NOW + 30_000)).to.deep.equal([]);
        expect(await take(OP, NOW + 30_000)).to.deep.equal(['bob']);
        expect((await stores.pending.of('bob')).due).to.include.keys('tune', 'listen');
        expect(await moveTo(`bob@${BRAND}`), 'back').to.equal('ok');
      } finally {
        connection.destroy();
      }
    });

    it('is due at one time wherever it stands: what is asked anew counts, and what is settled is gone', async () => {
      await stores.due.postpone('roster', 'bob', NOW);
      expect(await take(OP, NOW)).to.deep.equal([]);
      expect((await stores.pending.of('bob')).due.roster, 'the time alone').to.equal(NOW);
      await stores.due.postpone('roster', 'bob', NOW + 5_000);
      expect(await take(BRAND, NOW)).to.deep.equal([]);
      expect(await take(BRAND, NOW + 5_000)).to.deep.equal(['bob']);
      expect(await stores.due.isMarked('roster', 'bob')).to.equal(true);
      await stores.due.settle('roster', 'bob', []);
      expect(await take(BRAND, NOW + 60_000)).to.deep.equal([]);
    });

    it('is anybody’s where nobody is there any more, and waits where the host is nobody’s', async () => {
      await stores.due.postpone('roster', 'nobody', NOW);
      expect(await take(BRAND, NOW)).to.deep.equal(['nobody']);
      await addSubscriber(
        stores,
        { id: 'dave', phoneNumber: '+7', numberKey: '7'.repeat(12), jid: 'dave@gone.example', displayName: '' },
        NOW,
      );
      await stores.due.postpone('roster', 'dave', NOW);
      for (const host of HOSTS) expect(await take(host, NOW + 5_000)).to.deep.equal([]);
      expect(await stores.due.isMarked('roster', 'dave')).to.equal(true);
    });

    it('is looked for by a component that begins, at the own home, done or about to be', async () => {
      for (const id of ['alice', 'bob', 'carol', 'nobody']) await stores.due.postpone('roster', id, NOW + 3_000);
      await stores.due.postpone('roster', 'carol', NOW - 1);
      await take(OP, NOW);
      const underWay = async (host: string) => (await stores.dueAtHome.underWay('roster', host, NOW, MOST)).sort();
      expect(await underWay(OP)).to.deep.equal(['alice', 'nobody']);
      expect(await underWay(BRAND)).to.deep.equal(['bob', 'carol', 'nobody']);
    });

    it('is found again when there are other homes, or one', async () => {
      for (const id of ['alice', 'bob']) await stores.due.postpone('roster', id, NOW);
      for (const host of HOSTS) await take(host, NOW);
      const later = NOW + 60_000;
      stores = withHomes(['another.example', ...HOSTS]);
      const found: string[] = [];
      for (let i = 0; i < 3; i += 1)
        for (const host of ['another.example', ...HOSTS])
          for (const id of await take(host, later)) found.push(`${id} at ${host}`);
      expect(found.sort()).to.deep.equal([`alice at ${OP}`, `bob at ${BRAND}`]);
      stores = withHomes([]);
      expect(await take(OP, later + 60_000)).to.deep.equal(['alice', 'bob']);
    });
  });
