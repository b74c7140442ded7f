import { expect } from 'chai';
import { pino } from 'pino';
import { shownBy } from '../../../domain/playing/told.ts';
import { fingerprint, type Playing } from '../../../domain/playing/tune.ts';
import type { Listening } from '../../../runtime/redis/listening.ts';
import { connectEvents } from '../../../runtime/redis/redis.ts';
import { createWakeSource } from '../../../store/due/wakes.ts';
import type { Stores } from '../../../store/stores.ts';
import { eventually } from '../../support/eventually.ts';
import { clearPartings } from '../../support/partings.ts';
import { REDIS_KINDS, useRedis } from '../../support/redis.ts';
import { ALICE, addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
/** Milliseconds for which it may be acted on. */
const FRESH = 250;
const JID = ALICE.jid;

for (const kind of REDIS_KINDS)
  describe(`what a wake brings along from ${kind}`, () => {
    const server = useRedis(kind);
    let stores: Stores;
    let listening: Listening;
    let heard: [id: string, brought: string | undefined][];

    beforeEach(async () => {
      stores = server.freshStores();
      heard = [];
      listening = await connectEvents(server.place, pino({ level: 'silent' }));
      const source = createWakeSource(listening, stores.keys, server.place.sharded, 'op.example');
      await source.listen(
        'tune',
        (id, brought) => heard.push([id, brought]),
        () => {},
      );
      await addSubscriber(stores, ALICE, NOW);
    });

    afterEach(() => listening.destroy());

    const song = (title: string): Playing => ({
      device: 'phone',
      tune: { kind: 'audio', title },
      since: NOW,
      expiresAt: NOW + 60_000,
    });

    /** What came along with the wake of this tune. */
    async function play(title: string, isShown = true): Promise<string | undefined> {
      heard.length = 0;
      await stores.nowPlaying.play('alice', song(title), NOW, { wanted: () => (isShown ? song(title) : undefined) });
      await eventually(() => expect(heard.map(([id]) => id)).to.deep.equal(['alice']));
      return heard[0]?.[1];
    }

    /** An outlet is told what plays at that time, and it is noted. */
    async function tell(title: string, at: number): Promise<void> {
      const seen = await stores.situations.read('alice', 'xmpp');
      if (!seen) throw new Error('Nobody is there.');
      expect(await stores.told.begin(seen, 'xmpp', JID, at)).to.equal(true);
      const now = { state: 'told', address: JID, at, fingerprint: fingerprint(song(title).tune) } as const;
      const told = { now, begunAt: at };
      await stores.nowPlaying.finish('alice', 'xmpp', seen, { told, ranOut: [], access: true, again: NOW + 60_000 });
    }

    const read = (brought: string | undefined, now = NOW) =>
      stores.situations.brought('alice', 'xmpp', brought ?? '[]', now);

    it('is all that the job would read, and neither a number nor a name', async () => {
      await play('First');
      await tell('First', NOW);
      const brought = await play('Second “of” two');
      expect(read(brought)).to.deep.equal(await stores.situations.read('alice', 'xmpp'));
      expect(read(brought)?.told).to.include({ state: 'doubted', at: NOW });
      expect(brought).to.include('Second');
      for (const secret of [ALICE.phoneNumber, ALICE.numberKey, ALICE.displayName])
        expect(brought).to.not.include(secret);
    });

    it('says that a line is suspended, and not which', async () => {
      await play('First');
      await tell('First', NOW);
      expect(await stores.suspensions.set('alice', ALICE.phoneNumber, true, NOW)).to.equal(true);
      const brought = await play('Second', false);
      expect(read(brought)?.privacy).to.include({ suspended: true });
      expect(read(brought)).to.deep.equal(await stores.situations.read('alice', 'xmpp'));
      expect(brought).to.not.include(ALICE.phoneNumber.slice(1));
    });

    it('is nothing where the outlet has to be told more than another tune', async () => {
      expect(await play('First'), 'who was told nothing yet').to.equal(undefined);
      await tell('First', NOW);
      expect(await play('First'), 'the same again').to.equal(undefined);
      const changes = { set: [], dirty: [], bar: [], unbar: [] };
      const bob = { id: 'bob', jid: 'bob@op.example', name: 'Bob', groups: [] };
      await stores.friends.write('alice', { ...changes, set: [bob], unset: [] }, NOW);
      await stores.friends.write('alice', { ...changes, unset: ['bob'] }, NOW);
      await clearPartings(stores, 'alice', { but: 'xmpp' });
      expect(read(await play('Second')), 'who parts is not named').to.equal(undefined);
    });

    it('is not acted on when it is old, by the clocks of both', async () => {
      await play('First');
      await tell('First', NOW);
      const brought = await play('Second');
      for (const late of [-FRESH, FRESH]) expect(read(brought, NOW + late)).to.be.an('object');
      for (const late of [-FRESH - 1, FRESH + 1]) expect(read(brought, NOW + late)).to.equal(undefined);
    });

    it('is not acted on when this process has told the outlet something since it was read', async () => {
      await play('First');
      await tell('First', NOW);
      const second = await play('Second');
      await tell('Second', NOW + 1);
      expect(read(second)).to.equal(undefined);
      const third = await play('Third');
      expect(read(third)).to.be.an('object');
      await stores.told.doubt('alice', 'xmpp', [], NOW + 2);
      expect(read(third), 'nor when it was forgotten there').to.equal(undefined);
    });

    it('leaves who was told something by two processes at once due, as nobody knows who was the last', async () => {
      await play('First');
      await tell('First', NOW);
      await play('Second');
      const seen = await stores.situations.read('alice', 'xmpp');
      if (seen?.told.state !== 'doubted') throw new Error('It is doubted.');
      const finish = (title: string, at: number) =>
        stores.nowPlaying.finish('alice', 'xmpp', seen, {
          told: {
            now: { state: 'told', address: JID, at, fingerprint: fingerprint(song(title).tune) },
            begunAt: NOW,
          },
          ranOut: [],
          access: true,
          again: NOW + 60_000,
        });
      await play('Third');
      await finish('Second', NOW + 1);
      const third = await stores.situations.read('alice', 'xmpp');
      await stores.nowPlaying.finish('alice', 'xmpp', third ?? seen, {
        told: {
          now: { state: 'told', address: JID, at: NOW + 2, fingerprint: fingerprint(song('Third').tune) },
          begunAt: NOW,
        },
        ranOut: [],
        access: true,
        again: NOW + 60_000,
      });
      expect(shownBy(await stores.told.read('alice', 'xmpp'))).to.equal(fingerprint(song('Second').tune));
      expect(await stores.due.take('tune', NOW + 10_000, 10)).to.deep.equal(['alice']);
    });
  });
