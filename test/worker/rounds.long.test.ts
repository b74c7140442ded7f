import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { createClient, RESP_TYPES } from 'redis';
import type { QueueName } from '../../runtime/queue/queue-table.ts';
import type { Queues } from '../../runtime/queue/queues.ts';
import { createNumberKeys } from '../../runtime/secret/number-key.ts';
import { newStamp } from '../../store/base/marks.ts';
import { partitionOf, placeOf } from '../../store/base/partitions.ts';
import type { Stores } from '../../store/stores.ts';
import type { Context } from '../../worker/context.ts';
import { createReconcileJob } from '../../worker/reconcile.ts';
import { goOn } from '../../worker/rounds.ts';
import { sweep } from '../../worker/sweep.ts';
import { jobContext, toldQueues } from '../support/context.ts';
import { eventually } from '../support/eventually.ts';
import { REDIS_KINDS, startTestRedis, type TestRedis, useRedis } from '../support/redis.ts';
import { addSubscriber } from '../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const NUMBER_KEYS = createNumberKeys(Buffer.alloc(32, 1));
const numberKeyOf = (id: string) => NUMBER_KEYS.of(id)[0] as string;
/** Each holds the next one's number and that of the one before: everybody has two friends. The last have no book. */
const PEOPLE = Array.from({ length: 6 }, (_, i) => `p${i}`);
const LONERS = Array.from({ length: 4 }, (_, i) => `l${i}`);
const EVERYBODY = [...PEOPLE, ...LONERS];

/** What may have happened to somebody, by what a round has to find and a reconcile job makes anew. */
const DAMAGE: Record<string, (stores: Stores, redis: TestRedis['redis']) => Promise<unknown>> = {
  'whose friend is missing': ({ keys }, redis) => redis.hDel(keys.friends('p3'), 'p4'),
  'who has a friend too many': ({ keys }, redis) =>
    redis.hSet(keys.friends('p3'), 'p0', JSON.stringify({ id: 'p0', jid: 'p0@op.example', name: '', groups: [] })),
  'whose friend goes by a former JID': ({ keys }, redis) =>
    redis.hSet(keys.friends('p3'), 'p4', JSON.stringify({ id: 'p4', jid: 'former@op.example', name: '', groups: [] })),
  'who is barred by nobody’s block': ({ keys }, redis) => redis.hSet(keys.barred('p3'), 'p0', 'p0@op.example'),
  'whose number is nobody’s in the directory': ({ keys }, redis) =>
    redis.hDel(keys.directory(placeOf(numberKeyOf('p3')).bucket), placeOf(numberKeyOf('p3')).field),
  'whose JID is nobody’s': ({ keys }, redis) => redis.hDel(keys.jids('p3@op.example'), 'p3@op.example'),
  'who is missing among the holders of a number': async ({ holders }) =>
    holders.update(await holders.indexOf('p3'), [{ numberKey: numberKeyOf('p4'), held: false }]),
  'who is under other keys': ({ keys }, redis) => redis.hSet(keys.subscriber('p3'), 'keyIds', 'others'),
  'whose job is under way': ({ keys }, redis) => redis.hSet(keys.running(partitionOf('p3')), 'p3', newStamp()),
};

for (const kind of REDIS_KINDS)
  describe(`a round through everybody, on ${kind}`, () => {
    let server: TestRedis;
    let stores: Stores;
    let context: Context;
    let asked: [QueueName, string][];
    let settle: () => Promise<void>;

    before(async () => {
      server = await startTestRedis(kind);
      ({ stores, context, asked, settle } = await world());
    });
    after(async () => server?.stop());

    /** Everybody as it should be; `asked` gets the jobs. */
    async function world() {
      const stores = server.freshStores();
      const asked: [QueueName, string][] = [];
      const context = contextOf(
        stores,
        async (queue, ids) => void asked.push(...ids.map((id): [QueueName, string] => [queue, id])),
      );
      await stores.reconciliation.adopt('mutual');
      for (const id of EVERYBODY) await add(stores, id);
      for (const [i, id] of PEOPLE.entries()) {
        const others = [PEOPLE.at(i - 1), PEOPLE[(i + 1) % PEOPLE.length], 'stranger'].map((other) => other ?? '');
        await stores.addressBooks.replace(id, bookOf(...others), NOW);
      }
      const run = createReconcileJob(context);
      async function settle(): Promise<void> {
        for (let left = EVERYBODY; left.length > 0; left = await due(stores)) await Promise.all(left.map(run));
        asked.length = 0;
      }
      await settle();
      return { stores, context, asked, settle };
    }

    const due = (stores: Stores) => dueAmong(stores, EVERYBODY);

    /** All that is stored of everybody, but for how far the round is. */
    async function stored({ keys }: Stores): Promise<Map<string, string>> {
      const found = new Map<string, string>();
      for (const url of server.url.split(',')) {
        const node = await createClient({ url }).connect();
        const dumps = node.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
        for (const key of await node.keys(`${keys.reconciliation.split(':')[0]}:*`))
          if (!key.includes('{reconciliation}')) found.set(key, `${(await dumps.dump(key))?.toString('latin1')}`);
        node.destroy();
      }
      return found;
    }

    it('writes nothing and asks for no job where everybody is right', async () => {
      expect((await stores.friends.list('p3')).map(({ id }) => id)).to.have.members(['p2', 'p4']);
      // One who is nobody may be blocked, too: were that forgotten, it would tell who exists.
      await server.redis.hSet(stores.keys.blocked('p1'), 'id:nobody', '');
      const before = await stored(stores);
      expect(before.size).to.be.above(EVERYBODY.length);
      expect(await stores.reconciliation.begin()).to.equal(EVERYBODY.length);
      expect(await stores.reconciliation.progress()).to.include({ state: 'running', done: 0 });
      await goOn(context);
      expect(asked).to.deep.equal([]);
      expect(await stored(stores)).to.deep.equal(before);
      expect(await stores.reconciliation.progress()).to.deep.equal({ state: 'done', subscribers: 10, done: 10 });
    });

    for (const [whom, happens] of Object.entries(DAMAGE))
      it(`finds somebody ${whom}, and has it made right`, async () => {
        const before = await stores.friends.list('p3');
        await happens(stores, server.redis);
        await stores.reconciliation.begin();
        await goOn(context);
        expect(asked).to.deep.equal([['reconcile', 'p3']]);
        expect(await due(stores)).to.deep.equal(['p3']);
        expect(await stores.reconciliation.progress()).to.deep.equal({ state: 'running', subscribers: 10, done: 9 });
        await settle();
        expect(await stores.friends.list('p3')).to.have.deep.members(before);
        await stores.reconciliation.begin();
        await goOn(context);
        expect(asked).to.deep.equal([]);
      });

    it('finds somebody whom one blocks by id whom only its own book holds', async () => {
      const { keys } = stores;
      await stores.addressBooks.replace('p3', bookOf('p2', 'p4', 'stranger', 'p5'), NOW);
      await settle();
      await server.redis.hSet(keys.blocked('p5'), 'id:p3', '');
      // The other end is right.
      await server.redis.hSet(keys.barred('p5'), 'p3', 'p3@op.example');
      await stores.reconciliation.begin();
      await goOn(context);
      expect(asked).to.deep.equal([['reconcile', 'p3']]);
      await settle();
      expect([...(await stores.sharing.barred('p3')).keys()]).to.deep.equal(['p5']);
    });

    it('goes by the policy for which it was begun', async () => {
      await stores.addressBooks.replace('l1', bookOf('l2'), NOW);
      await settle();
      expect(await stores.reconciliation.adopt('either')).to.equal(true);
      await goOn(context);
      expect(asked.map(([, id]) => id)).to.have.members(['l1', 'l2']);
    });
  });

describe('what a round costs', () => {
  const server = useRedis();
  /** Each holds the four before it and the ten after it: eight of them hold it, too. */
  const COUNT = 64;
  const HELD = [-4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const STRANGERS = 86;
  /** Commands for each, those within scripts left out. */
  const MOST_COMMANDS = 26;

  it('is few commands for somebody with a book and friends about whom all is right', async () => {
    const stores = server.freshStores();
    const context = contextOf(stores, async () => {});
    await stores.reconciliation.adopt('mutual');
    const ids = Array.from({ length: COUNT }, (_, i) => `c${i}`);
    await Promise.all(ids.map((id) => add(stores, id)));
    for (const [i, id] of ids.entries()) {
      const others = HELD.map((step) => ids[(i + step + COUNT) % COUNT] ?? '');
      const strangers = Array.from({ length: STRANGERS }, (_, k) => `stranger ${k} of ${id}`);
      await stores.addressBooks.replace(id, bookOf(...others, ...strangers), NOW);
    }
    const run = createReconcileJob(context);
    for (let left = ids; left.length > 0; left = await dueAmong(stores, ids)) for (const id of left) await run(id);
    expect((await stores.friends.list('c0')).length).to.equal(8);
    await stores.reconciliation.begin();
    const told = await commandsToldTo(server, () => goOn(context));
    expect(await stores.reconciliation.progress()).to.include({ state: 'done', done: COUNT });
    expect(await dueAmong(stores, ids)).to.deep.equal([]);
    expect(told / COUNT).to.be.below(MOST_COMMANDS);
  });
});

/** How many commands clients send meanwhile. */
async function commandsToldTo({ url, redis }: TestRedis, during: () => Promise<void>): Promise<number> {
  const lines: string[] = [];
  const monitor = await createClient({ url }).connect();
  await monitor.monitor((line) => lines.push(`${line}`));
  await during();
  const mark = randomUUID();
  await redis.get(mark);
  const end = await eventually(() => {
    const at = lines.findIndex((line) => line.includes(mark));
    expect(at, 'the mark').to.be.at.least(0);
    return at;
  });
  monitor.destroy();
  return lines.slice(0, end).filter((line) => !/^\S+ \[\d+ lua\]/.test(line)).length;
}

describe('the pages of a round, and the sweep', () => {
  let server: TestRedis;

  before(async () => {
    server = await startTestRedis();
  });
  after(async () => server?.stop());

  it('are looked at by different workers, once more where a worker dies, and count once', async () => {
    const { reconciliation } = server.freshStores();
    expect(await reconciliation.take(NOW)).to.equal(undefined);
    // Of one page, which has nobody.
    await reconciliation.begin();
    const taken = await reconciliation.take(NOW);
    expect(taken).to.include({ page: 0 });
    expect(await reconciliation.take(NOW)).to.equal(undefined);
    expect(await reconciliation.progress()).to.include({ state: 'running' });
    const again = await reconciliation.take(NOW + 60_000);
    expect(again).to.deep.equal(taken);
    for (const one of [taken, again]) if (one) await reconciliation.reach(one, 0);
    expect(await reconciliation.progress()).to.include({ state: 'done' });
    await reconciliation.begin();
    const next = await reconciliation.take(NOW);
    expect(next?.round).to.not.equal(taken?.round);
    // Of the round before.
    if (taken) await reconciliation.reach(taken, 0);
    expect(await reconciliation.progress()).to.include({ state: 'running' });
  });

  it('puts no more into a queue than it has room for, and the rest later', async () => {
    const stores = server.freshStores();
    const ids = Array.from({ length: 6_000 }, () => randomUUID());
    await stores.due.postponeAll('source', ids, NOW - 1);
    const waiting = new Set<string>();
    const queues = {
      ...toldQueues(async (_, some) => void some.map((id) => waiting.add(id))),
      waiting: async () => waiting.size,
    };
    const context = { ...contextOf(stores, queues.enqueue), queues } as unknown as Context;
    for (const _ of [1, 2, 3]) await sweep(context);
    expect(waiting.size).to.be.within(3_000, 4_100);
    const first = new Set(waiting);
    waiting.clear();
    for (const _ of [1, 2, 3]) await sweep(context);
    expect(new Set([...first, ...waiting]).size).to.equal(6_000);
    expect(first.size + waiting.size, 'twice').to.equal(6_000);
  });
});

function bookOf(...others: string[]) {
  return new Map(others.map((name) => [name, { name, groups: [], numberKeys: [numberKeyOf(name)] }]));
}

async function add(stores: Stores, id: string): Promise<void> {
  const subscriber = { id, phoneNumber: id, numberKey: numberKeyOf(id), jid: `${id}@op.example`, displayName: id };
  await addSubscriber(stores, { ...subscriber, keyIds: NUMBER_KEYS.ids }, NOW);
}

async function dueAmong(stores: Stores, ids: readonly string[]): Promise<string[]> {
  const marked = await Promise.all(ids.map((id) => stores.due.isMarked('reconcile', id)));
  return ids.filter((_, i) => marked[i]);
}

function contextOf(stores: Stores, enqueue: Queues['enqueue']): Context {
  return {
    ...jobContext('worker', stores, () => NOW, enqueue),
    ...{ policy: 'mutual', numberKeys: NUMBER_KEYS, secretsKey: Buffer.alloc(32, 2) },
  };
}
