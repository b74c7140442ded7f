import { expect } from 'chai';
import { createNumberKeys } from '../../runtime/secret/number-key.ts';
import { newStamp } from '../../store/base/marks.ts';
import { partitionOf } from '../../store/base/partitions.ts';
import type { Stores } from '../../store/stores.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { createKeyRound } from '../../worker/rounds.ts';
import { jobContext } from '../support/context.ts';
import { REDIS_KINDS, startTestRedis, type TestRedis } from '../support/redis.ts';
import { addSubscriber } from '../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const [FIRST, SECOND] = [Buffer.alloc(32, 1), Buffer.alloc(32, 3)];
const BEFORE = createNumberKeys(FIRST);
const DURING = createNumberKeys(SECOND, FIRST);
const AFTER = createNumberKeys(SECOND);
const LONERS = Array.from({ length: 5 }, (_, i) => `loner${i}`);
/** Has a book, which holds `held`. */
const PEOPLE = ['holder', 'held', ...LONERS];

for (const kind of REDIS_KINDS)
  describe(`a worker that starts with another number key, on ${kind}`, () => {
    let server: TestRedis;
    let stores: Stores;
    let asked: string[];

    before(async () => {
      server = await startTestRedis(kind);
    });
    after(async () => server?.stop());

    beforeEach(async () => {
      stores = server.freshStores();
      asked = [];
      for (const id of PEOPLE) {
        const [numberKey = ''] = BEFORE.of(id);
        const subscriber = { id, phoneNumber: id, numberKey, jid: `${id}@op.example`, displayName: id };
        await addSubscriber(stores, { ...subscriber, keyIds: BEFORE.ids }, NOW);
        await stores.pairs.clearAnnounced(id, (await stores.subscribers.recordAnnounced(id)).announced);
        await stores.due.settle('reconcile', id, []);
      }
      await hold('holder', 'held');
    });

    async function hold(id: string, other: string, keys = BEFORE): Promise<void> {
      const numberKeys = keys.of(other);
      await stores.addressBooks.replace(id, new Map([[other, { name: other, groups: [], numberKeys }]]), NOW);
      await stores.holders.update(
        await stores.holders.indexOf(id),
        numberKeys.map((numberKey) => ({ numberKey, held: true })),
      );
      // As after its job.
      await stores.addressBooks.clearDirtyNumbers(id, await stores.addressBooks.dirtyNumbers(id));
      await stores.due.settle('reconcile', id, []);
    }

    async function start(numberKeys: typeof BEFORE): Promise<void> {
      asked.length = 0;
      await createKeyRound({
        ...jobContext(
          'worker',
          stores,
          () => NOW,
          async (_, ids) => void asked.push(...ids),
        ),
        ...{ policy: 'mutual', numberKeys, secretsKey: Buffer.alloc(32, 2) },
      })();
    }

    const due = async () => {
      const marked = await Promise.all(PEOPLE.map((id) => stores.due.isMarked('reconcile', id)));
      return PEOPLE.filter((_, i) => marked[i]);
    };
    const record = async (id: string) => (await stores.subscribers.record(id)) as Subscriber;
    const owners = (keys: readonly string[]) => stores.directory.owners(keys);

    it('enters everybody at once, and leaves nothing to be done where nobody holds a number by the new key', async () => {
      await hold('holder', 'loner0', AFTER);
      await start(DURING);
      for (const id of PEOPLE) {
        expect((await record(id)).keyIds).to.equal(DURING.ids);
        expect(await owners(DURING.of(id))).to.deep.equal([id, id]);
        expect(await server.redis.exists(stores.keys.intention(id))).to.equal(0);
      }
      expect(asked).to.deep.equal(['loner0']);
      expect(await due()).to.deep.equal(['loner0']);
      const { announced } = await stores.subscribers.recordAnnounced('loner0');
      expect(announced).to.have.keys(AFTER.of('loner0'));
      await start(DURING);
      expect(asked, 'again').to.deep.equal([]);
    });

    it('leaves to its job who blocks somebody', async () => {
      await server.redis.hSet(stores.keys.blocked('holder'), 'somebody', 'x');
      await start(DURING);
      expect(asked).to.deep.equal(['holder']);
      expect((await record('holder')).keyIds).to.equal(BEFORE.ids);
    });

    it('gives the entries under a key back that is there no more', async () => {
      await start(DURING);
      await start(AFTER);
      for (const id of LONERS) {
        expect(await owners([...AFTER.of(id), ...BEFORE.of(id)])).to.deep.equal([id, undefined]);
        expect((await record(id)).numberKeys).to.equal(undefined);
      }
      // The book holds its number by the former key.
      expect(await due()).to.deep.equal(['held']);
    });

    it('leaves to their jobs of whom somebody comes to hold a number meanwhile, who leaves, or whose job is under way', async () => {
      const [held = '', leaver = '', running = '', friendly = ''] = LONERS;
      await server.redis.hSet(stores.keys.running(partitionOf(running)), running, newStamp());
      const { ofEach } = stores.holders;
      stores.holders.ofEach = async (numberKeys) => {
        stores.holders.ofEach = ofEach;
        await hold('holder', held, AFTER);
        return ofEach(numberKeys);
      };
      const { announced, settle } = stores.unheld;
      stores.unheld.announced = async (ids) => {
        stores.unheld.announced = announced;
        await stores.subscribers.leave(leaver, NOW);
        return announced(ids);
      };
      stores.unheld.settle = async (seen) => {
        stores.unheld.settle = settle;
        await stores.pairs.markBothEnds(friendly, ['held'], NOW);
        return settle(seen);
      };
      await start(DURING);
      const left = [held, leaver, running, friendly];
      expect(asked).to.have.members(left);
      expect(await due()).to.have.members(left);
      for (const id of [held, running, friendly])
        expect((await stores.subscribers.recordAnnounced(id)).announced).to.have.keys(AFTER.of(id));
    });

    it('leaves to its job who cannot be entered, as somebody else has its number', async () => {
      const [loner = '', other = ''] = LONERS;
      const [numberKey = ''] = AFTER.of(loner);
      const wanted = { numbers: { phoneNumber: other, numberKey }, jid: `${other}@op.example` };
      expect(await stores.subscribers.identity.change(other, wanted, NOW)).to.equal('ok');
      await start(DURING);
      expect(asked).to.include(loner);
      expect((await record(loner)).keyIds).to.equal(BEFORE.ids);
      expect(await owners([numberKey, ...BEFORE.of(loner)])).to.deep.equal([other, loner]);
    });
  });
