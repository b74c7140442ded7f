import { expect } from 'chai';
import type { Contact } from '../../domain/book/address-book.ts';
import { shownBy } from '../../domain/playing/told.ts';
import { fingerprint, type Playing } from '../../domain/playing/tune.ts';
import { createNumberKey } from '../../runtime/secret/number-key.ts';
import { clearSeen } from '../../store/base/marks.ts';
import { newRequest } from '../../store/call/idempotency.ts';
import { GRACE } from '../../store/due/due.ts';
import type { Stores } from '../../store/stores.ts';
import type { Subscriber } from '../../store/subscriber/subscriber-record.ts';
import { REDIS_KINDS, type RedisKind, useRedis } from '../support/redis.ts';
import { keysOfTheGone, ALICE as SHE } from '../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const keyOf = createNumberKey(Buffer.alloc(32, 1));
const [A, B, C, C2] = ['a', 'b', 'c', 'c2'].map(keyOf) as [string, string, string, string];
const ALICE: Subscriber = { ...SHE, numberKey: A };

for (const kind of REDIS_KINDS) describe(`the stores on ${kind}`, () => describeStores(kind));

function describeStores(kind: RedisKind): void {
  const server = useRedis(kind);
  let stores: Stores;

  beforeEach(() => {
    stores = server.freshStores();
  });

  async function join(subscriber: Subscriber = ALICE): Promise<void> {
    expect(await stores.subscribers.create(subscriber, NOW)).to.equal('ok');
    expect(await stores.subscribers.activate(subscriber, NOW)).to.equal(true);
  }

  describe('subscribers', () => {
    it('give a number and a JID to one of many who claim them in the same moment', async () => {
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, i) => stores.subscribers.create({ ...ALICE, id: `${i}` }, NOW)),
      );
      expect(claims.filter((claim) => claim === 'ok')).to.have.length(1);
      expect(await stores.subscribers.create({ ...ALICE, id: 'b', numberKey: B }, NOW)).to.equal('jid-taken');
    });

    it('are nobody before they are active and after they left, and their number is free at once', async () => {
      await stores.subscribers.create(ALICE, NOW);
      expect(await stores.subscribers.get('alice')).to.equal(undefined);
      await stores.subscribers.activate(ALICE, NOW);
      expect(await stores.subscribers.get('alice')).to.deep.equal({ ...ALICE, state: 'active' });
      expect(await stores.subscribers.leave('alice', NOW)).to.equal(true);
      expect(await stores.subscribers.leave('alice', NOW)).to.equal(false);
      expect(await stores.subscribers.get('alice')).to.equal(undefined);
      expect(await stores.directory.owners([A])).to.deep.equal([undefined]);
      expect(Object.keys((await stores.subscribers.recordAnnounced('alice')).announced)).to.deep.equal([A]);
    });

    it('leave no key behind when they are forgotten', async () => {
      await join();
      await stores.addressBooks.replace('alice', new Map([['u', { name: 'Bob', groups: [], numberKeys: [B] }]]), NOW);
      await stores.nowPlaying.play(
        'alice',
        { device: 'd', tune: { kind: 'audio', title: 't' }, since: NOW, expiresAt: NOW + 1 },
        NOW,
      );
      const password = { id: 'p', name: 'Player', sealed: 's', createdAt: NOW };
      expect(await stores.applicationPasswords.add('alice', password)).to.equal('ok');
      await stores.listening.begin('alice', ALICE.jid);
      await stores.presences.write(ALICE.jid, [{ resource: 'r', show: 'available', status: '', priority: 0 }]);
      await stores.subscribers.leave('alice', NOW);
      await stores.subscribers.forget(ALICE);
      expect(await stores.applicationPasswords.add('alice', password)).to.equal('gone');
      await stores.nowPlaying.publishedByOwner('alice', 'xmpp', 'xmpp', undefined, 'it', NOW);
      // What others, and jobs that stood still, mark at somebody who is forgotten goes when its job comes.
      await stores.sharing.ask('alice', NOW);
      await stores.pairs.touch('alice', ['bob'], NOW);
      for (const id of ['alice', 'bob']) {
        await stores.subscribers.forgetMarks(id);
        await stores.due.settle('reconcile', id, []);
        await stores.nowPlaying.forget(id);
      }
      const prefix = stores.keys.lastIndex.split(':')[0];
      expect(await server.redis.keys(`${prefix}:*`)).to.have.members(keysOfTheGone(stores, 'alice'));
    });

    it('announce both numbers when one changes, and refuse one that is taken', async () => {
      await join();
      await join({ ...ALICE, id: 'bob', numberKey: B, jid: 'bob@op.example' });
      const change = (phoneNumber: string, numberKey: string) =>
        stores.subscribers.identity.change('alice', { numbers: { phoneNumber, numberKey }, jid: ALICE.jid }, NOW);
      expect(await change('+8613900139000', B)).to.equal('number-taken');
      expect(await change('+8613700137000', C)).to.equal('ok');
      expect(Object.keys((await stores.subscribers.recordAnnounced('alice')).announced)).to.have.members([A, C]);
      expect(await stores.directory.owners([A, B, C])).to.deep.equal([undefined, 'bob', 'alice']);
    });
  });

  describe('holders', () => {
    it('are found among others of the same bucket, packed or, when they are many, in a set, and are let go again', async () => {
      const ids = Array.from({ length: 20 }, (_, i) => `holder-${i}`);
      for (const id of ids) await join({ ...ALICE, id, numberKey: keyOf(id), jid: `${id}@op.example` });
      const held = (state: boolean) => [A, B].map((numberKey) => ({ numberKey, held: state }));
      for (const [i, id] of ids.entries()) {
        await stores.holders.update(await stores.holders.indexOf(id), held(true));
        await stores.holders.update(await stores.holders.indexOf(id), held(true));
        expect((await stores.holders.ofEach([A]))[0]).to.have.members(ids.slice(0, i + 1));
      }
      for (const [i, id] of ids.entries()) {
        await stores.holders.update(await stores.holders.indexOf(id), held(false));
        expect((await stores.holders.ofEach([B]))[0]).to.have.members(ids.slice(i + 1));
      }
      const prefix = stores.keys.lastIndex.split(':')[0];
      expect(await server.redis.keys(`${prefix}:*holders*`)).to.be.empty;
    });

    it('are told who owns the numbers that they come to hold or let go, and nobody does who has left', async () => {
      await join();
      await join({ ...ALICE, id: 'bob', numberKey: B, jid: 'bob@op.example' });
      await join({ ...ALICE, id: 'carol', numberKey: keyOf('carol'), jid: 'carol@op.example' });
      const carol = await stores.holders.indexOf('carol');
      const update = (held: boolean) =>
        stores.holders.update(carol, [
          { numberKey: A, held: true },
          { numberKey: B, held },
          { numberKey: keyOf('nobody'), held },
        ]);
      expect(await update(true)).to.have.members(['alice', 'bob']);
      expect(await update(false)).to.have.members(['alice', 'bob']);
      await stores.subscribers.leave('alice', NOW);
      expect(await update(true)).to.deep.equal(['bob']);
      expect(await stores.holders.update(await stores.holders.indexOf('nobody'), [])).to.deep.equal([]);
    });
  });

  describe('address books', () => {
    const contact = (name: string, ...numberKeys: string[]): Contact => ({ name, groups: [], numberKeys });

    it('mark only the numbers that changed, and keep the version when nothing did', async () => {
      await join();
      const book = new Map([
        ['1', contact('Bob', B)],
        ['2', contact('Carol', C, C2)],
      ]);
      expect(await stores.addressBooks.replace('alice', book, NOW)).to.deep.equal({ version: 1, contacts: 2 });
      await stores.addressBooks.clearDirtyNumbers('alice', await stores.addressBooks.dirtyNumbers('alice'));
      expect(await stores.addressBooks.replace('alice', book, NOW)).to.deep.equal({ version: 1, contacts: 2 });
      expect(await stores.addressBooks.dirtyNumbers('alice')).to.be.empty;
      await stores.addressBooks.replace(
        'alice',
        new Map([
          ['1', contact('Bob', B)],
          ['3', contact('Dora', C)],
        ]),
        NOW,
      );
      expect(Object.keys(await stores.addressBooks.dirtyNumbers('alice'))).to.have.members([C, C2]);
      expect(await stores.addressBooks.holds('alice', [B, C, C2])).to.deep.equal([true, true, false]);
      expect(await stores.addressBooks.labels('alice', [C, C2])).to.deep.equal([
        { name: 'Dora', groups: [] },
        undefined,
      ]);
    });

    it('lose nothing when two clients write at once: the result is one of the two books, whole', async () => {
      await join();
      const books = ['x', 'y'].map(
        (mark) =>
          new Map(Array.from({ length: 300 }, (_, i) => [`${i}`, contact(mark, keyOf(`${mark}${i}`))] as const)),
      );
      await Promise.all(books.map((book) => stores.addressBooks.replace('alice', book, NOW)));
      const held = await stores.addressBooks.holds(
        'alice',
        Array.from({ length: 300 }, (_, i) => [keyOf(`x${i}`), keyOf(`y${i}`)]).flat(),
      );
      const [xs, ys] = [held.filter((_, i) => i % 2 === 0), held.filter((_, i) => i % 2 === 1)];
      expect([xs.every(Boolean), ys.every(Boolean)]).to.have.members([true, false]);
      expect((await stores.addressBooks.info('alice')).version).to.equal(2);
    });

    it('are not taken for somebody who has left', async () => {
      await join();
      await stores.subscribers.leave('alice', NOW);
      const refused = await stores.addressBooks
        .replace('alice', new Map(), NOW)
        .catch((err: { code: string }) => err.code);
      expect(refused).to.equal('NOT_FOUND');
    });
  });

  describe('marks', () => {
    it('stay when they were made again after they had been read', async () => {
      await server.redis.hSet('marks', { a: '1', b: '1' });
      const seen = await server.redis.hGetAll('marks');
      await server.redis.hSet('marks', 'b', '2');
      await clearSeen(server.redis, 'marks', seen);
      expect({ ...(await server.redis.hGetAll('marks')) }).to.deep.equal({ b: '2' });
    });

    it('make somebody due after the grace, for one sweep only, and not when the work is done', async () => {
      await stores.due.postpone('roster', 'alice', NOW + GRACE);
      expect(await stores.due.take('roster', NOW + GRACE - 1, 10)).to.be.empty;
      const takes = await Promise.all([1, 2, 3].map(() => stores.due.take('roster', NOW + GRACE, 10)));
      expect(takes.flat()).to.deep.equal(['alice']);
      await server.redis.hSet(stores.keys.dirtyItems('alice'), 'j', 's');
      await stores.due.settle('roster', 'alice', [stores.keys.dirtyItems('alice')]);
      expect(await stores.due.isMarked('roster', 'alice')).to.equal(true);
      await server.redis.del(stores.keys.dirtyItems('alice'));
      await stores.due.settle('roster', 'alice', [stores.keys.dirtyItems('alice')]);
      expect(await stores.due.isMarked('roster', 'alice')).to.equal(false);
    });
  });

  describe('now playing', () => {
    const playing = (device: string, expiresAt: number): Playing => ({
      device,
      tune: { kind: 'audio', title: device },
      since: NOW,
      expiresAt,
    });

    it('keeps a change that came while the one before was being published', async () => {
      await stores.nowPlaying.play('alice', playing('phone', NOW + 1_000), NOW);
      const seen = await stores.nowPlaying.read('alice');
      await join();
      const another = { ...ALICE, jid: 'another@op.example' };
      const { generation } = seen;
      const begin = (subscriber: Subscriber, of = generation) =>
        stores.told.begin({ subscriber, generation: of }, 'xmpp', subscriber.jid, NOW);
      expect(await begin(another)).to.equal(false);
      expect(await begin(ALICE, 'of another tune or consent')).to.equal(false);
      expect(await begin(ALICE)).to.equal(true);
      const unknown = { state: 'unknown', address: ALICE.jid };
      expect(await stores.told.read('alice', 'xmpp')).to.deep.equal(unknown);
      await stores.nowPlaying.play('alice', playing('tv', NOW + 9_000), NOW);
      await stores.nowPlaying.finish('alice', 'xmpp', seen, {
        told: undefined,
        ranOut: ['phone'],
        access: true,
        again: undefined,
      });
      expect((await stores.nowPlaying.read('alice')).devices.map(({ device }) => device)).to.have.members([
        'phone',
        'tv',
      ]);
      expect(await stores.due.take('tune', NOW + GRACE, 10)).to.deep.equal(['alice']);
    });

    it('comes back when a tune runs out, and is gone when nothing plays', async () => {
      await stores.nowPlaying.play('alice', playing('phone', NOW + 60_000), NOW);
      let seen = await stores.nowPlaying.read('alice');
      await stores.nowPlaying.finish('alice', 'xmpp', seen, {
        told: undefined,
        ranOut: [],
        access: true,
        again: NOW + 60_000,
      });
      expect(await stores.due.take('tune', NOW + 59_999, 10)).to.be.empty;
      expect(await stores.due.take('tune', NOW + 60_000, 10)).to.deep.equal(['alice']);
      expect(await stores.nowPlaying.stop('alice', 'tv', NOW)).to.equal(false);
      expect(await stores.nowPlaying.stop('alice', undefined, NOW)).to.equal(true);
      seen = await stores.nowPlaying.read('alice');
      await stores.nowPlaying.finish('alice', 'xmpp', seen, {
        told: undefined,
        ranOut: [],
        access: true,
        again: undefined,
      });
      expect(await stores.due.isMarked('tune', 'alice')).to.equal(false);
      expect(await server.redis.exists(stores.keys.playing('alice'))).to.equal(0);
    });

    it('knows what the user’s own client has published, unless something of ours is under way', async () => {
      await join();
      const own = playing('xmpp', NOW + 60_000);
      const publish = (tune: Playing | undefined, sure: boolean) =>
        stores.nowPlaying.publishedByOwner('alice', 'xmpp', 'xmpp', tune, sure ? 'it' : 'unsure', NOW);
      const shown = async () => shownBy(await stores.told.read('alice', 'xmpp'));
      expect(await publish(undefined, true), 'an end of nothing').to.equal(false);
      expect(await shown()).to.equal('');
      expect(await publish(own, true)).to.equal(true);
      expect(await stores.told.read('alice', 'xmpp')).to.deep.include({ state: 'heard', fingerprint: await shown() });
      expect(await shown()).to.equal(fingerprint(own.tune));
      expect(await stores.due.isMarked('tune', 'alice')).to.equal(true);
      expect(await publish(own, false)).to.equal(true);
      expect(await shown(), 'who cannot be sure').to.equal(undefined);
      expect(await publish(undefined, true)).to.equal(true);
      expect(await shown(), 'while a publish is under way').to.equal(undefined);
      expect((await stores.nowPlaying.read('alice')).devices).to.be.empty;
    });

    it('does not know what an outlet shows of which an earlier version has noted no time', async () => {
      await server.redis.hSet(stores.keys.told('alice', 'xmpp'), { state: 'told', fingerprint: 'x', address: 'a@x' });
      expect(await stores.told.read('alice', 'xmpp')).to.deep.equal({ state: 'unknown', address: 'a@x' });
    });
  });

  describe('listening to the own client', () => {
    it('is due from the moment somebody joins, is settled once done, and due again when they leave', async () => {
      await join();
      const seen = await stores.subscribers.record('alice');
      expect(await stores.due.isMarked('listen', 'alice')).to.equal(true);
      await stores.listening.begin('alice', ALICE.jid);
      await stores.listening.settle('alice', seen, true);
      expect(await stores.due.isMarked('listen', 'alice')).to.equal(false);
      expect(await stores.listening.on('alice')).to.equal(ALICE.jid);
      await stores.subscribers.leave('alice', NOW);
      await stores.listening.settle('alice', seen, true);
      expect(await stores.due.isMarked('listen', 'alice'), 'by who saw it before').to.equal(true);
      await stores.listening.settle('alice', await stores.subscribers.record('alice'), false);
      expect(await stores.due.isMarked('listen', 'alice')).to.equal(false);
      expect(await stores.listening.on('alice')).to.equal(undefined);
    });
  });

  it('keep remembered answers only in a form that is useless to a reader of Redis', async () => {
    expect(await stores.idempotency.begin('key', newRequest('key', 'r'))).to.equal('started');
    expect(await stores.idempotency.begin('key', newRequest('key', 'r'))).to.equal('under-way');
    expect(await stores.idempotency.begin('key', newRequest('key', 'another'))).to.equal('other');
    const answer = { request: 'r', status: 201, contentType: 'application/json', body: '{"password":"hunter2"}' };
    await stores.idempotency.remember('key', answer, undefined, NOW);
    expect(await stores.idempotency.begin('key', newRequest('key', 'r'))).to.deep.equal(answer);
    for (const key of await server.redis.keys('*'))
      if ((await server.redis.type(key)) === 'string')
        expect(`${key} ${await server.redis.get(key)}`).to.not.match(/hunter2/);
  });

  it('let an Idempotency-Key be used again once its request gave it back, and no request that of another', async () => {
    const [first, second] = [newRequest('key', 'r'), newRequest('key', 'r')];
    expect(await stores.idempotency.begin('key', first)).to.equal('started');
    await stores.idempotency.giveBack('key', second);
    expect(await stores.idempotency.begin('key', second)).to.equal('under-way');
    await stores.idempotency.giveBack('key', first);
    expect(await stores.idempotency.begin('key', second)).to.equal('started');
    await stores.idempotency.giveBack('key', first);
    expect(await stores.idempotency.begin('key', first)).to.equal('under-way');
    const answer = { request: 'r', status: 201, contentType: 'application/json', body: '{}' };
    await stores.idempotency.remember('key', answer, undefined, NOW);
    await stores.idempotency.giveBack('key', second);
    expect(await stores.idempotency.begin('key', first)).to.deep.equal(answer);
  });

  it('end a claim on an Idempotency-Key that its request no longer renews', async () => {
    const [first, second] = [newRequest('key', 'r'), newRequest('key', 'r')];
    await stores.idempotency.begin('key', first);
    const [key = ''] = await server.redis.keys(`${stores.keys.idempotency('*')}`);
    await server.redis.pExpire(key, 1_000);
    await stores.idempotency.renew('key', second);
    expect(await server.redis.pTTL(key), 'not by another request').to.be.at.most(1_000);
    await stores.idempotency.renew('key', first);
    expect(await server.redis.pTTL(key)).to.be.above(1_000);
    await server.redis.del(key);
    await stores.idempotency.renew('key', first);
    expect(await stores.idempotency.begin('key', second)).to.equal('started');
  });

  it('leave of an answer about somebody who was erased that there was one, whatever came first', async () => {
    await join();
    const answer = { request: 'r', status: 201, contentType: 'application/json', body: '{}' };
    for (const key of ['before', 'during']) await stores.idempotency.begin(key, newRequest(key, 'r'));
    await stores.idempotency.remember('before', answer, 'alice', Date.now());
    expect(await stores.idempotency.begin('before', newRequest('before', 'r'))).to.deep.equal(answer);
    await stores.subscribers.leave('alice', NOW);
    await stores.idempotency.erase('alice');
    await stores.idempotency.remember('during', answer, 'alice', Date.now());
    await stores.idempotency.remember('before', answer, undefined, Date.now());
    for (const key of ['before', 'during'])
      expect(await stores.idempotency.begin(key, newRequest(key, 'r')), key).to.equal('erased');
  });
}
