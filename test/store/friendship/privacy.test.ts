import { expect } from 'chai';
import { OPEN } from '../../../domain/friendship/privacy.ts';
import { ADMITTING } from '../../../domain/playing/outlets.ts';
import { createNumberKey } from '../../../runtime/secret/number-key.ts';
import { GRACE } from '../../../store/due/due.ts';
import type { Blocked } from '../../../store/friendship/privacy.ts';
import { createStores, type Stores } from '../../../store/stores.ts';
import { clearPartings } from '../../support/partings.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber, keysOfTheGone } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const keyOf = createNumberKey(Buffer.alloc(32, 1));
const BOB = { id: 'bob', phoneNumber: '+2', jid: 'bob@op.example', displayName: '' };
const STRANGER: Blocked = { numberKey: keyOf('stranger'), sealed: 'sealed' };

describe('the store of consent', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    const alice = {
      id: 'alice',
      phoneNumber: '+1',
      numberKey: keyOf('alice'),
      jid: 'alice@op.example',
      displayName: '',
    };
    await addSubscriber(stores, alice, NOW);
    await stores.pairs.clearAnnounced('alice', (await stores.subscribers.recordAnnounced('alice')).announced);
    await stores.due.settle('reconcile', 'alice', []);
  });

  const due = async () => [await stores.due.isMarked('reconcile', 'alice'), await stores.due.isMarked('tune', 'alice')];

  it('keeps chosen groups sealed, the same as the same, and as nobody’s under another key', async () => {
    const audience = { groups: ['Friends of the opera', 'Work'] };
    const chosen = { ...OPEN, audience };
    const version = await stores.privacies.put('alice', chosen, [], undefined, NOW);
    const kept = await server.redis.hGetAll(stores.keys.privacy('alice'));
    expect(JSON.stringify(kept)).to.not.match(/opera|Work|T3BlcmE/);
    expect((await stores.privacies.read('alice')).privacy).to.deep.equal(chosen);
    expect((await stores.situations.own('alice')).privacy).to.deep.equal(chosen);
    expect(await stores.privacies.put('alice', chosen, [], version, NOW), 'nothing has changed').to.equal(version);
    const prefix = stores.keys.lastIndex.split(':')[0] ?? '';
    const others = createStores(server.redis, prefix, Buffer.alloc(32, 7));
    expect((await others.privacies.read('alice')).privacy.audience).to.deep.equal({ groups: [] });
    await addSubscriber(stores, { ...BOB, numberKey: keyOf('bob') }, NOW);
    await stores.privacies.put('bob', chosen, [], undefined, NOW);
    expect(await server.redis.hGet(stores.keys.privacy('bob'), 'audience')).to.not.equal(kept.audience);
    await server.redis.hSet(stores.keys.privacy('bob'), 'audience', JSON.stringify(audience));
    expect((await stores.privacies.read('bob')).privacy, 'as it was kept before').to.deep.equal(chosen);
  });

  it('lets everybody who has said nothing be found, and everybody who is just being added not', async () => {
    expect(await stores.privacies.read('alice')).to.deep.equal({ privacy: OPEN, version: 0 });
    await stores.privacies.conceal('bob');
    expect((await stores.privacies.of(['bob', 'alice'])).map(({ discoverable }) => discoverable)).to.deep.equal([
      false,
      true,
    ]);
  });

  it('makes due what a change concerns, and nothing when nothing differs', async () => {
    expect(await stores.privacies.put('alice', OPEN, [], undefined, NOW)).to.equal(0);
    expect(await due()).to.deep.equal([false, false]);
    const nobody = { ...OPEN, audience: 'nobody' as const };
    expect(await stores.privacies.put('alice', nobody, [], undefined, NOW)).to.equal(1);
    expect(await due()).to.deep.equal([false, true]);
    expect(await stores.due.take('tune', NOW + GRACE, 10)).to.deep.equal(['alice']);
    expect((await stores.nowPlaying.read('alice')).access).to.deep.equal(ADMITTING);
    expect(await stores.privacies.put('alice', { ...nobody, discoverable: false }, [], undefined, NOW)).to.equal(2);
    expect(await due()).to.deep.equal([true, true]);
    expect(Object.keys((await stores.subscribers.recordAnnounced('alice')).announced)).to.deep.equal([keyOf('alice')]);
  });

  it('marks exactly those who were blocked or no longer are', async () => {
    const blocked: Blocked[] = [{ subscriberId: 'bob' }, STRANGER];
    await stores.privacies.put('alice', OPEN, blocked, undefined, NOW);
    let { ids, numberKeys, marks } = await stores.privacies.dirtyBlocked('alice');
    expect([ids, numberKeys]).to.deep.equal([['bob'], [keyOf('stranger')]]);
    expect(await due()).to.deep.equal([true, true]);
    await stores.privacies.clearDirtyBlocked('alice', marks, NOW);
    await stores.privacies.put('alice', OPEN, [...blocked, { subscriberId: 'carol' }], undefined, NOW);
    ({ ids, numberKeys, marks } = await stores.privacies.dirtyBlocked('alice'));
    expect([ids, numberKeys]).to.deep.equal([['carol'], []]);
    await stores.privacies.clearDirtyBlocked('alice', marks, NOW);
    await stores.privacies.put('alice', OPEN, [], undefined, NOW);
    ({ ids, numberKeys } = await stores.privacies.dirtyBlocked('alice'));
    expect(ids).to.have.members(['bob', 'carol']);
    expect(numberKeys).to.deep.equal([keyOf('stranger')]);
    expect(await stores.privacies.blocked('alice')).to.be.empty;
  });

  it('counts the numbers that come to be blocked in a day, each once in all its forms, and nobody who is blocked already', async () => {
    const [day, most] = [86_400_000, 3];
    const put = (blocked: Blocked[], now: number) => stores.privacies.put('alice', OPEN, blocked, undefined, now, most);
    const number = (n: number): Blocked[] => [
      { numberKey: `n${n}`, sealed: `sealed ${n}` },
      { numberKey: `other form of n${n}` },
    ];
    const start = Math.ceil(NOW / day) * day;
    const id: Blocked = { subscriberId: 'bob' };
    await put([...number(1), ...number(2), id], start);
    await put([...number(1), ...number(2), ...number(3), id], start + day - 1);
    const before = await stores.privacies.blocked('alice');
    const over = await put([...number(4)], start + day - 60_000).catch((err: unknown) => err);
    expect(over).to.include({ code: 'TOO_MANY_REQUESTS', retryAfter: 60 });
    expect(await stores.privacies.blocked('alice'), 'nothing is changed').to.have.deep.members(before);
    await put([{ subscriberId: 'carol' }, { subscriberId: 'dora' }], start + day - 1);
    // As the worker does when the number key changes.
    await stores.privacies.put('alice', OPEN, number(4), undefined, start + day - 1);
    await put([...number(5), ...number(6), ...number(7)], start + day);
    expect(await put(number(8), start + day).catch((err: unknown) => err)).to.have.property(
      'code',
      'TOO_MANY_REQUESTS',
    );
  });

  it('answers who has blocked whom, by id or by number', async () => {
    await stores.privacies.put('alice', OPEN, [{ subscriberId: 'bob' }, STRANGER], undefined, NOW);
    const asks = (who: string, id: string, ...numbers: string[]) => ({
      who,
      other: { id, numberKeys: numbers.map(keyOf) },
    });
    expect(
      await stores.privacies.blocks([
        asks('alice', 'bob', 'x'),
        asks('alice', 'carol', 'stranger'),
        asks('alice', 'carol', 'x'),
        asks('alice', 'carol', 'x', 'y', 'stranger'),
        asks('bob', 'alice', 'x'),
      ]),
    ).to.deep.equal([true, true, false, true, false]);
  });

  it('is replaced by one of two who read the same version, and refuses the other', async () => {
    const outcomes = await Promise.allSettled(
      ['bob', 'carol'].map((subscriberId) => stores.privacies.put('alice', OPEN, [{ subscriberId }], 0, NOW)),
    );
    expect(outcomes.map(({ status }) => status)).to.have.members(['fulfilled', 'rejected']);
    expect(outcomes.find((one) => one.status === 'rejected')?.reason.code).to.equal('FAILED_PRECONDITION');
    const { version } = await stores.privacies.read('alice');
    expect([version, (await stores.privacies.blocked('alice')).length]).to.deep.equal([1, 1]);
  });

  it('is one of two, whole, when both write at once and neither asks', async () => {
    const wishes = [
      { privacy: { ...OPEN, audience: 'nobody' as const }, blocked: [{ subscriberId: 'bob' }] },
      { privacy: { ...OPEN, audience: { groups: ['Family'] } }, blocked: [{ subscriberId: 'carol' }, STRANGER] },
    ];
    await Promise.all(
      wishes.map(({ privacy, blocked }) => stores.privacies.put('alice', privacy, blocked, undefined, NOW)),
    );
    const { privacy } = await stores.privacies.read('alice');
    const blocked = await stores.privacies.blocked('alice');
    expect(
      wishes.some(
        (wish) => JSON.stringify(wish.privacy) === JSON.stringify(privacy) && wish.blocked.length === blocked.length,
      ),
    ).to.equal(true);
  });

  it('is nothing for who is no subscriber, and is gone with its subscriber', async () => {
    const refused = await stores.privacies
      .put('nobody', OPEN, [], undefined, NOW)
      .catch((err: { code: string }) => err);
    expect(refused).to.have.property('code', 'NOT_FOUND');
    await stores.privacies.put('alice', { ...OPEN, discoverable: false }, [STRANGER], undefined, NOW);
    const friend = { id: 'bob', jid: 'bob@op.example', name: 'Bob', groups: [], held: keyOf('bob') };
    await stores.friends.write(
      'alice',
      { set: [friend], unset: ['carol'], dirty: [], bar: [['dora', 'dora@op.example']], unbar: [] },
      NOW,
    );
    await stores.admissions.note('alice', 'xmpp', [['dora@op.example', 'outcast']]);
    const alice = await stores.subscribers.record('alice');
    await stores.subscribers.leave('alice', NOW);
    if (alice) await stores.subscribers.forget(alice);
    const prefix = stores.keys.lastIndex.split(':')[0];
    expect(await server.redis.keys(`${prefix}:*`)).to.have.members(keysOfTheGone(stores, 'alice'));
  });

  it('lets an item go only after the tune is gone, and keeps the tune away until the item is', async () => {
    await stores.friends.write('alice', { set: [], unset: ['bob'], dirty: [], bar: [], unbar: [] }, NOW);
    const asked = await stores.sharing.partings('alice');
    expect((await stores.nowPlaying.read('alice')).access).to.deep.equal(ADMITTING);
    await stores.friends.write('alice', { set: [], unset: ['bob'], dirty: [], bar: [], unbar: [] }, NOW);
    await clearPartings(stores, 'alice', { seen: asked });
    expect((await stores.sharing.partings('alice')).bob, 'asked for anew since').to.match(/^asked /);
    await clearPartings(stores, 'alice');
    const cleared = await stores.sharing.partings('alice');
    expect(cleared.bob).to.match(/^cleared /);
    await stores.sharing.end('alice', cleared, NOW);
    expect(await stores.sharing.partings('alice')).to.deep.equal({});
  });

  it('lets an item go only after every outlet that tells friends apart shows the tune no more', async () => {
    await server.redis.hSet(stores.keys.partings('alice'), { bob: 'asked 1 xmpp other', carol: 'asked 2 other' });
    const seen = await stores.sharing.partings('alice');
    expect(await stores.sharing.clear('alice', 'xmpp', seen), 'the other one has still to').to.deep.equal([]);
    expect(await stores.sharing.partings('alice')).to.deep.equal({ bob: 'asked 1 other', carol: 'asked 2 other' });
    expect(await stores.sharing.clear('alice', 'other' as 'xmpp', seen)).to.have.members(['bob', 'carol']);
    expect(await stores.sharing.partings('alice')).to.deep.equal({ bob: 'cleared 1', carol: 'cleared 2' });
    expect(await stores.sharing.clear('alice', 'xmpp', seen), 'nobody waits any more').to.deep.equal([]);
  });

  it('looks at the access again for a new friend only where the audience is a choice of groups', async () => {
    const friend = { id: 'bob', jid: 'bob@op.example', name: 'Bob', groups: ['Family'], held: keyOf('bob') };
    const changes = { set: [friend], unset: [], dirty: [], bar: [], unbar: [] };
    await stores.friends.write('alice', changes, NOW);
    expect((await due())[1]).to.equal(false);
    await stores.privacies.put('alice', { ...OPEN, audience: { groups: ['Family'] } }, [], undefined, NOW);
    const seen = await stores.nowPlaying.read('alice');
    const done = { told: undefined, ranOut: [], access: true, again: undefined };
    for (const outlet of ADMITTING) await stores.nowPlaying.finish('alice', outlet, seen, done);
    expect((await due())[1]).to.equal(false);
    await stores.friends.write('alice', changes, NOW);
    expect((await due())[1]).to.equal(true);
    expect((await stores.nowPlaying.read('alice')).access).to.deep.equal(ADMITTING);
  });
});
