import { expect } from 'chai';
import { pino } from 'pino';
import { createClient } from 'redis';
import { createMemoryWorker, type MemoryWork } from '../../runtime/memory-worker.ts';
import { QUEUES } from '../../runtime/queue-table.ts';
import type { QueueWorker } from '../../runtime/queue-worker.ts';
import { connectEvents, type Redis } from '../../runtime/redis.ts';
import { createWakeSource } from '../../store/base/wakes.ts';
import type { Stores } from '../../store/stores.ts';
import { eventually } from '../support/eventually.ts';
import { REDIS_KINDS, useRedis } from '../support/redis.ts';

/** Milliseconds. */
const LONG = 600_000;

for (const kind of REDIS_KINDS)
  describe(`a queue whose jobs are in memory, woken over ${kind}`, () => {
    const log = pino({ level: 'silent' });
    const server = useRedis(kind);
    let stores: Stores;
    let connection: Redis;
    let worker: QueueWorker;
    let began: string[];
    let work: MemoryWork;

    beforeEach(async () => {
      stores = server.freshStores();
      connection = await connectEvents(server.place, log);
      const source = createWakeSource(connection, stores.keys);
      began = [];
      work = async () => undefined;
      const asked = {
        listen: (wake: (id: string) => void, gap: () => void) => source.listen('tune', wake, gap),
        underWay: () => stores.due.underWay('tune', Date.now(), 100),
        overdue: () => stores.due.claim('tune', Date.now(), 100),
      };
      worker = createMemoryWorker('tune', log, asked, (id) => {
        began.push(id);
        return work(id);
      });
    });

    afterEach(async () => {
      await worker.close();
      connection.destroy();
    });

    const wake = (...ids: string[]) => stores.wakes.tell('tune', ids);

    /** It takes what it finds due, so that what is asked for from then on is heard. */
    async function opened(): Promise<void> {
      await stores.due.postpone('tune', 'opened', 0);
      worker.open();
      await eventually(() => expect(began).to.deep.equal(['opened']));
      began.length = 0;
    }

    it('finds by itself who is overdue, also when nothing is ever heard', async () => {
      await stores.due.postpone('tune', 'early', 0);
      const deaf = {
        listen: () => new Promise<void>(() => {}),
        underWay: () => stores.due.underWay('tune', Date.now(), 100),
        overdue: () => stores.due.claim('tune', Date.now(), 100),
      };
      const alone = createMemoryWorker('tune', log, deaf, async (id) => {
        began.push(id);
        return undefined;
      });
      try {
        alone.open();
        await eventually(() => expect(began).to.deep.equal(['early']));
        await stores.due.postpone('tune', 'late', Date.now());
        await eventually(() => expect(began).to.deep.equal(['early', 'late']));
      } finally {
        await alone.close();
      }
    });

    /** Jobs that end when they are let go of. */
    function holding(): { letGo(): void } {
      let letGo = () => {};
      const held = new Promise<undefined>((resolve) => {
        letGo = () => resolve(undefined);
      });
      work = () => held;
      return { letGo };
    }

    it('runs one job at a time for each subscriber, and once afterwards what was asked for meanwhile', async () => {
      await opened();
      const { letGo } = holding();
      await wake('alice');
      await eventually(() => expect(began).to.deep.equal(['alice']));
      await wake('alice');
      await wake('alice', 'bob');
      await eventually(() => expect(began).to.deep.equal(['alice', 'bob']));
      letGo();
      await eventually(() => expect(began).to.deep.equal(['alice', 'bob', 'alice']));
      await wake('carol');
      await eventually(() => expect(began).to.deep.equal(['alice', 'bob', 'alice', 'carol']));
    });

    it('runs as many side by side as the table says, and the longest waiting first', async () => {
      await opened();
      const { letGo } = holding();
      const ids = Array.from({ length: QUEUES.tune.concurrency + 10 }, (_, i) => `subscriber ${i}`.replace(' ', '-'));
      await wake(...ids);
      await eventually(() => expect(began).to.deep.equal(ids.slice(0, QUEUES.tune.concurrency)));
      letGo();
      await eventually(() => expect(began).to.deep.equal(ids));
    });

    it('tries a job again that failed, sooner when it is asked for, and leaves it to the sweep in the end', async () => {
      await opened();
      work = async () => {
        throw new Error('no answer');
      };
      await wake('alice');
      await eventually(() => expect(began.length).to.equal(6));
      work = async () => undefined;
      await wake('alice');
      await eventually(() => expect(began.length).to.equal(7));
    });

    it('comes back when it was too early, and before that when it is asked for', async () => {
      await opened();
      let early = true;
      work = async (id) => {
        const time = Date.now() + (id === 'bob' ? LONG : 50);
        return early ? time : undefined;
      };
      await wake('bob');
      await eventually(() => expect(began).to.deep.equal(['bob']));
      await wake('alice');
      await eventually(() => expect(began.filter((id) => id === 'alice').length).to.be.greaterThan(1));
      early = false;
      await wake('bob');
      await eventually(() => expect(began.filter((id) => id === 'bob').length).to.equal(2));
    });

    it('does nothing while it is shut, and looks for what is due when it opens', async () => {
      await opened();
      worker.shut();
      await wake('alice');
      await stores.due.postpone('tune', 'alice', Date.now() + 3_000);
      await stores.due.postpone('tune', 'bob', Date.now() + LONG);
      worker.open();
      await eventually(() => expect(began).to.include('alice'));
      expect(began, 'what is due later, and what was said to nobody').to.not.include('bob');
      expect(began.filter((id) => id === 'alice').length).to.equal(1);
    });

    it('ends when what is under way has ended', async () => {
      await opened();
      const { letGo } = holding();
      await wake('alice');
      await eventually(() => expect(began).to.deep.equal(['alice']));
      let ended = false;
      const closing = worker.close().then(() => {
        ended = true;
      });
      await wake('alice');
      expect(ended).to.equal(false);
      letGo();
      await closing;
      expect(began).to.deep.equal(['alice']);
    });

    if (kind === 'a single Redis')
      it('looks for what is due when its connection was gone, as nobody was heard meanwhile', async () => {
        await opened();
        await stores.due.postpone('tune', 'alice', Date.now() + 3_000);
        const bare = await createClient({ url: server.url }).connect();
        await bare.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub']);
        bare.destroy();
        await eventually(() => expect(began).to.include('alice'));
        await eventually(async () => {
          await wake('bob');
          expect(began).to.include('bob');
        });
      });
  });
