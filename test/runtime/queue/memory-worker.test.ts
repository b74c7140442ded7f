import { expect } from 'chai';
import { pino } from 'pino';
import { createClient } from 'redis';
import { type Asked, createMemoryWorker, type MemoryWorker } from '../../../runtime/queue/memory-worker.ts';
import { QUEUES } from '../../../runtime/queue/queue-table.ts';
import type { Wake, WokenWork } from '../../../runtime/queue/queues.ts';
import type { Listening } from '../../../runtime/redis/listening.ts';
import { connectEvents } from '../../../runtime/redis/redis.ts';
import { PARTITIONS } from '../../../store/base/partitions.ts';
import { createWakeSource } from '../../../store/due/wakes.ts';
import type { Stores } from '../../../store/stores.ts';
import { eventually } from '../../support/eventually.ts';
import { REDIS_KINDS, useRedis } from '../../support/redis.ts';

/** Milliseconds. */
const LONG = 600_000;

for (const kind of REDIS_KINDS)
  describe(`a queue whose jobs are in memory, woken over ${kind}`, () => {
    const log = pino({ level: 'silent' });
    const server = useRedis(kind);
    let stores: Stores;
    let connection: Listening;
    let worker: MemoryWorker;
    let began: string[];
    let work: WokenWork;
    let wakes: Map<string, Wake | undefined>;
    let gap: () => void;
    /** Until whoever asks is heard. */
    let hearing: Promise<void>;
    let asked: Asked;
    /** Whether it has found what is due. */
    let looked: boolean;
    /** Lets go of what is held, also where a test has failed, as the worker waits for it. */
    let letGo: () => void;

    beforeEach(async () => {
      stores = server.freshStores();
      connection = await connectEvents(server.place, log);
      const source = createWakeSource(connection, stores.keys, server.place.sharded, 'op.example');
      began = [];
      wakes = new Map();
      looked = false;
      letGo = () => {};
      work = async () => undefined;
      asked = {
        listen: (wake, missed) => {
          gap = missed;
          hearing = source.listen('tune', wake, missed);
          return hearing;
        },
        underWay: () => stores.dueAtHome.underWay('tune', 'op.example', Date.now(), 100),
        overdue: (most: number) =>
          stores.dueAtHome.take('tune', 'op.example', Date.now(), Math.ceil(most / PARTITIONS)),
      };
      worker = createMemoryWorker('tune', log, asked, async (id, wake) => {
        if (id === 'opened') {
          looked = true;
          return undefined;
        }
        began.push(id);
        wakes.set(id, wake);
        return work(id, wake);
      });
    });

    afterEach(async () => {
      letGo();
      await worker.close();
      connection.destroy();
    });

    const wake = (...ids: string[]) => stores.wakes.tell('tune', ids);

    /** It hears who is asked for from then on, and has looked for what is due. */
    async function opened(): Promise<void> {
      await stores.due.postpone('tune', 'opened', 0);
      worker.open();
      await hearing;
      await eventually(() => expect(looked).to.equal(true));
      // It would be due again some seconds later.
      await stores.due.settle('tune', 'opened', []);
    }

    it('takes nothing where it was closed before it was opened', async () => {
      await opened();
      await worker.close();
      await stores.due.postpone('tune', 'alice', 0);
      worker.open();
      // One that is opened later finds her: so would this one.
      const seen: string[] = [];
      const other = createMemoryWorker('tune', log, asked, async (id) => {
        seen.push(id);
        return undefined;
      });
      try {
        other.open();
        await eventually(() => expect(seen).to.deep.equal(['alice']));
        expect(began).to.deep.equal([]);
      } finally {
        await other.close();
      }
    });

    it('finds by itself who is overdue, also when nothing is ever heard', async () => {
      await stores.due.postpone('tune', 'early', 0);
      const deaf = {
        listen: () => new Promise<void>(() => {}),
        underWay: () => stores.dueAtHome.underWay('tune', 'op.example', Date.now(), 100),
        overdue: (most: number) =>
          stores.dueAtHome.take('tune', 'op.example', Date.now(), Math.ceil(most / PARTITIONS)),
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

    /** Jobs from now on end when they are let go of. */
    function hold(): void {
      const held = new Promise<undefined>((resolve) => {
        letGo = () => resolve(undefined);
      });
      work = () => held;
    }

    it('runs one job at a time for each subscriber, and once afterwards what was asked for meanwhile', async () => {
      await opened();
      hold();
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

    it('hands a job what came along with its wake, until somebody asks again or may not have been heard', async () => {
      await opened();
      hold();
      const bring = (id: string, what: string) =>
        server.redis.publish(stores.keys.wakes('tune'), `${id} ${JSON.stringify([what])}`);
      const brought = (id: string) => wakes.get(id)?.brought;
      for (const id of ['alice', 'bob']) await bring(id, `of ${id} and “two” words`);
      await wake('carol');
      await eventually(() => expect(began).to.deep.equal(['alice', 'bob', 'carol']));
      expect(began.map(brought)).to.deep.equal([
        '["of alice and “two” words"]',
        '["of bob and “two” words"]',
        undefined,
      ]);
      await bring('alice', 'is from another time than what the job has read');
      await eventually(() => expect(brought('alice')).to.equal(undefined));
      gap();
      expect(brought('bob')).to.equal(undefined);
      letGo();
      await eventually(() => expect(began.filter((id) => id === 'alice').length).to.equal(2));
      expect(brought('alice'), 'when it runs once more').to.equal(undefined);
    });

    it('hands a job nothing that came along after somebody had asked without, as it may be older', async () => {
      await opened();
      hold();
      const bring = (id: string) => server.redis.publish(stores.keys.wakes('tune'), `${id} ["brought"]`);
      const brought = (id: string) => wakes.get(id)?.brought;
      const busy = Array.from({ length: QUEUES.tune.concurrency }, (_, i) => `busy-${i}`);
      await bring('busy-0');
      await wake(...busy.slice(1), 'alice');
      for (const id of ['alice', 'bob']) await bring(id);
      await eventually(() => expect(began).to.deep.equal(busy));
      expect(brought('busy-0')).to.equal('["brought"]');
      await wake('busy-0');
      await eventually(() => expect(brought('busy-0'), 'all is heard').to.equal(undefined));
      letGo();
      await eventually(() => expect(began).to.include.members(['alice', 'bob']));
      expect(['alice', 'bob'].map(brought)).to.deep.equal([undefined, '["brought"]']);
    });

    for (const [why, putOff] of [
      ['was put off', async () => Date.now() + LONG],
      ['has failed', () => Promise.reject(new Error('no answer'))],
    ] as const)
      it(`hands a job that ${why} nothing that came along afterwards, as it may be older than what the job has read`, async () => {
        await opened();
        hold();
        const held = work;
        // Once: who has failed is soon tried again by itself.
        work = (id, wake) => (began.length === 1 ? putOff() : held(id, wake));
        await wake('alice');
        await eventually(() => expect(began).to.include('alice'));
        for (const id of ['alice', 'bob']) await server.redis.publish(stores.keys.wakes('tune'), `${id} ["brought"]`);
        await eventually(() => expect(began).to.deep.equal(['alice', 'alice', 'bob']));
        expect(['alice', 'bob'].map((id) => wakes.get(id)?.brought)).to.deep.equal([undefined, '["brought"]']);
      });

    it('leaves who is put off for longer than a timer can wait, also where others come meanwhile', async () => {
      await opened();
      let looks = 0;
      work = async (id) => {
        if (id === 'alice') return Date.now() + 2 ** 31 + LONG;
        looks += 1;
        return looks > 3 ? undefined : Date.now() + 50;
      };
      await wake('alice');
      await eventually(() => expect(began).to.deep.equal(['alice']));
      await wake('bob');
      await eventually(() => expect(looks).to.equal(4));
      expect(began.filter((id) => id === 'alice')).to.have.length(1);
    });

    it('tells a job for which request it is, also when it was put off, fails, or a sweep asks meanwhile', async () => {
      await opened();
      const say = (message: string) => server.redis.publish(stores.keys.wakes('tune'), message);
      const told = () => wakes.get('alice')?.cause;
      let next: number | undefined = Date.now() + LONG;
      work = async () => next;
      await say('alice;first;00-ab-cd-01');
      await eventually(() => expect(told()).to.deep.equal({ correlator: 'first', trace: '00-ab-cd-01' }));
      await wake('alice');
      await eventually(() => expect(began.length).to.equal(2));
      expect(told(), 'asked by a sweep before its time').to.include({ correlator: 'first' });
      next = undefined;
      await say('alice;second; ["brought"]');
      await eventually(() => expect(told()).to.deep.equal({ correlator: 'second', trace: undefined }));
      await say('bob;its-own; ["brought"]');
      await eventually(() => expect(wakes.get('bob')?.cause).to.include({ correlator: 'its-own' }));
      expect(wakes.get('bob')?.brought).to.equal('["brought"]');
      work = async () => {
        throw new Error('no answer');
      };
      await say('alice;third;');
      await eventually(() => expect(began.length).to.be.above(4));
      expect(told(), 'tried again').to.include({ correlator: 'third' });
      work = async () => undefined;
      const tries = began.length;
      await wake('alice');
      await eventually(() => expect(began.length).to.be.above(tries));
      await wake('alice');
      await eventually(() => expect(told(), 'asked for by nobody known').to.equal(undefined));
    });

    it('tells a job that runs once more for which request it does', async () => {
      await opened();
      hold();
      const say = (message: string) => server.redis.publish(stores.keys.wakes('tune'), message);
      await say('alice;first;');
      await eventually(() => expect(began).to.deep.equal(['alice']));
      await say('alice;second;');
      await say('bob;its-own;');
      await eventually(() => expect(began).to.deep.equal(['alice', 'bob']));
      letGo();
      await eventually(() => expect(began).to.deep.equal(['alice', 'bob', 'alice']));
      expect(wakes.get('alice')?.cause).to.include({ correlator: 'second' });
      expect(wakes.get('bob')?.cause).to.include({ correlator: 'its-own' });
    });

    it('runs as many side by side as the table says, and the longest waiting first', async () => {
      await opened();
      hold();
      const ids = Array.from({ length: QUEUES.tune.concurrency + 10 }, (_, i) => `subscriber ${i}`.replace(' ', '-'));
      await wake(...ids);
      await eventually(() => expect(began).to.deep.equal(ids.slice(0, QUEUES.tune.concurrency)));
      letGo();
      await eventually(() => expect(began).to.deep.equal(ids));
    });

    it('begins with who goes before others, and leaves those some turns', async () => {
      const source = createWakeSource(connection, stores.keys, server.place.sharded);
      await worker.close();
      hold();
      const heard: string[] = [];
      const asked: Parameters<typeof createMemoryWorker>[2] = {
        listen: (wake, missed) => {
          const hear: typeof wake = (id, ...more) => {
            heard.push(id);
            wake(id, ...more);
          };
          hearing = source.listen('sip', hear, missed);
          return hearing;
        },
        // Nobody else, who would wait among those who are woken.
        underWay: async () => [],
        overdue: async () => [],
      };
      worker = createMemoryWorker('sip', log, asked, (id) => {
        began.push(id);
        return id.startsWith('busy') ? work(id, {} as Wake) : Promise.resolve(undefined);
      });
      worker.open();
      await hearing;
      const busy = Array.from({ length: QUEUES.sip.concurrency }, (_, i) => `busy${i}`);
      const played = (...ids: string[]) => server.redis.publish(stores.keys.wakes('sip'), ids.join(' '));
      await played(...busy);
      await eventually(() => expect(began).to.include.members(busy));
      began.length = 0;
      heard.length = 0;
      await played('tune1', 'tune2', 'alice', 'tune3');
      await stores.wakes.tell('sip', ['alice', ...Array.from({ length: 9 }, (_, i) => `consent${i}`)]);
      await server.redis.publish(stores.keys.wakes('sip'), 'busy0 tune4');
      // They come over several connections in a cluster.
      await eventually(() => expect(heard).to.have.length(16));
      letGo();
      const inOrder = () => began.filter((id) => id !== 'busy0');
      await eventually(() => expect(inOrder()).to.have.length(14));
      const order = inOrder();
      expect(order.indexOf('alice'), 'of those who wait for something else she was the third').to.be.at.most(1);
      expect(order.indexOf('tune1'), 'not the last of all').to.be.below(order.indexOf('consent8'));
      expect(order.slice(-2)).to.deep.equal(['tune3', 'tune4']);
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
      await stores.due.postpone('tune', 'alice', Date.now() + 8_000);
      await stores.due.postpone('tune', 'bob', Date.now() + LONG);
      worker.open();
      await eventually(() => expect(began).to.include('alice'));
      expect(began, 'what is due later, and what was said to nobody').to.not.include('bob');
      expect(began.filter((id) => id === 'alice').length).to.equal(1);
    });

    it('takes no more from what is due than it does in a few seconds, and the rest later', async () => {
      await opened();
      hold();
      const ids = Array.from({ length: 5_000 }, (_, i) => `one-${i}`);
      await stores.due.postponeAll('tune', ids, Date.now());
      await eventually(() => expect(began.length).to.equal(QUEUES.tune.concurrency));
      const notTaken = async () =>
        (await stores.due.waiting('tune')) - (await stores.dueAtHome.later('tune', Date.now()));
      // A sweep may have come while they were asked for.
      await eventually(async () => expect(await notTaken()).to.be.within(500, 1_000));
      await stores.due.postponeAll('tune', ids, Date.now());
      letGo();
      await eventually(() => expect(new Set(began).size).to.equal(5_000));
    });

    it('ends when what is under way has ended', async () => {
      await opened();
      hold();
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

    // In a cluster messages of several nodes have no order among them.
    if (kind === 'a single Redis')
      it('hands on what came along last of a job that waits for its turn, and nothing after a wake without', async () => {
        await opened();
        hold();
        const say = (message: string) => server.redis.publish(stores.keys.wakes('tune'), message);
        await say('first ["heard"]');
        await wake(...Array.from({ length: QUEUES.tune.concurrency - 1 }, (_, i) => `other-${i}`));
        for (const message of ['alice ["old"]', 'alice ["new"]', 'bob ["old"]', 'bob', 'carol ["old"]', 'first'])
          await say(message);
        await eventually(() => {
          expect(began).to.include('first');
          expect(wakes.get('first')?.brought, 'the last message is heard').to.equal(undefined);
        });
        expect(began.length).to.equal(QUEUES.tune.concurrency);
        letGo();
        await eventually(() => expect(began).to.include.members(['alice', 'bob', 'carol']));
        const brought = ['alice', 'bob', 'carol'].map((id) => wakes.get(id)?.brought);
        expect(brought).to.deep.equal(['["new"]', undefined, '["old"]']);
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
