import { expect } from 'chai';
import { createNumberKey } from '../../../runtime/secret/number-key.ts';
import { claim, release } from '../../../store/base/claims.ts';
import type { Stores } from '../../../store/stores.ts';
import type { Wanted } from '../../../store/subscriber/identity.ts';
import { numberPlace } from '../../../store/subscriber/places.ts';
import { keysOf, type Subscriber } from '../../../store/subscriber/subscriber-record.ts';
import { useRedis } from '../../support/redis.ts';

const NOW = 1_800_000_000_000;
/** When a change that began at NOW is taken for abandoned. */
const LATER = NOW + 60_000;
const keyOf = createNumberKey(Buffer.alloc(32, 1));

describe('a change of number', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    await join('alice', '+1');
  });

  async function join(id: string, phoneNumber: string): Promise<void> {
    const subscriber: Subscriber = { id, ...wanted(id, phoneNumber).numbers, ...other(id) };
    expect(await stores.subscribers.create(subscriber, NOW)).to.equal('ok');
    await stores.subscribers.activate(subscriber, NOW);
    await stores.pairs.clearAnnounced(id, (await stores.subscribers.recordAnnounced(id)).announced);
  }

  const other = (id: string) => ({ jid: `${id}@op.example`, displayName: id, state: 'pending' as const });

  function wanted(id: string, ...phoneNumbers: [string, ...string[]]): Wanted {
    const [phoneNumber, ...others] = phoneNumbers;
    const numbers = {
      phoneNumber,
      numberKey: keyOf(phoneNumber),
      ...(others.length > 0 ? { otherPhoneNumbers: others, numberKeys: phoneNumbers.map(keyOf) } : {}),
    };
    return { numbers, jid: `${id}@op.example` };
  }

  const owners = (...phoneNumbers: string[]) => stores.directory.owners(phoneNumbers.map(keyOf));
  const change = (id: string, ...phoneNumbers: [string, ...string[]]) =>
    stores.subscribers.identity.change(id, wanted(id, ...phoneNumbers), NOW);

  /** The steps that a change takes, each as it would be without the ones after it. */
  async function dieAfter(steps: number): Promise<void> {
    const { begin, claimAll, commit } = stores.subscribers.identity;
    const to = wanted('alice', '+2');
    const begun = await begin('alice', { numberKeys: [keyOf('+2')], jid: to.jid }, NOW);
    if (typeof begun === 'string') throw new Error(begun);
    if (steps > 0) expect(await claimAll('alice', to)).to.equal('ok');
    if (steps > 1) expect(await commit('alice', begun.fence, to, NOW)).to.equal('ok');
  }

  for (const [steps, end] of [
    [0, 'undone'],
    [1, 'undone'],
    [2, 'finished'],
  ] as const)
    it(`is ${end} by whoever comes later when its process died after ${steps} steps`, async () => {
      await dieAfter(steps);
      await stores.subscribers.identity.settle('alice', NOW);
      expect(await server.redis.exists(stores.keys.intention('alice')), 'it may still go on').to.equal(1);
      await stores.due.settle('reconcile', 'alice', [stores.keys.intention('alice')]);
      expect(await stores.due.take('reconcile', LATER, 10), 'it is asked for').to.deep.equal(['alice']);
      await stores.subscribers.identity.settle('alice', LATER);
      expect(await owners('+1', '+2')).to.deep.equal(end === 'undone' ? ['alice', undefined] : [undefined, 'alice']);
      expect(await server.redis.exists(stores.keys.intention('alice'))).to.equal(0);
      expect((await stores.subscribers.get('alice'))?.phoneNumber).to.equal(end === 'undone' ? '+1' : '+2');
      expect(Object.keys((await stores.subscribers.recordAnnounced('alice')).announced)).to.have.members(
        end === 'undone' ? [] : [keyOf('+1'), keyOf('+2')],
      );
    });

  it('is undone or finished also when its process died between two claims, or between two releases', async () => {
    const { begin, claimAll, commit, settle } = stores.subscribers.identity;
    const place = (number: string) => numberPlace(stores.keys, keyOf(number));
    const index = Number(await server.redis.hGet(stores.keys.subscriber('alice'), 'index'));
    const to = wanted('alice', '+2', '+3');
    await begin('alice', { numberKeys: keysOf(to.numbers) }, NOW);
    await claim(server.redis, place('+3'), index);
    await settle('alice', LATER);
    expect(await owners('+1', '+2', '+3')).to.deep.equal(['alice', undefined, undefined]);
    expect(await change('alice', '+1', '+4')).to.equal('ok');
    const begun = await begin('alice', { numberKeys: keysOf(to.numbers) }, NOW);
    await claimAll('alice', to);
    expect(await commit('alice', (begun as { fence: string }).fence, to, NOW)).to.equal('ok');
    await release(server.redis, place('+4'), index);
    await settle('alice', LATER);
    expect(await owners('+1', '+2', '+3', '+4')).to.deep.equal([undefined, 'alice', 'alice', undefined]);
  });

  it('of JID keeps the old one for the subscriber until its account is clean, and refuses to go back before', async () => {
    const { change: changeIdentity } = stores.subscribers.identity;
    const moved = { ...wanted('alice', '+1'), jid: 'moved@op.example' };
    expect(await changeIdentity('alice', moved, NOW)).to.equal('ok');
    const left = wanted('alice', '+1');
    expect(await changeIdentity('alice', left, NOW)).to.equal('busy');
    await join('bob', '+3');
    const taken = await changeIdentity('bob', { ...wanted('bob', '+3'), jid: left.jid }, NOW);
    expect(taken).to.equal('jid-taken');
    expect(await stores.subscribers.obstacle('bob', { ...wanted('bob', '+3'), jid: left.jid }, NOW)).to.have.property(
      'holder',
    );
    expect(await stores.formerJids.list('alice')).to.deep.equal([{ jid: left.jid, state: 'undo' }]);
    await stores.formerJids.undone('alice', left.jid);
    await stores.formerJids.free('alice', left.jid, NOW);
    expect(await changeIdentity('bob', { ...wanted('bob', '+3'), jid: left.jid }, NOW)).to.equal('ok');
    expect(await changeIdentity('alice', left, NOW)).to.equal('jid-taken');
    expect(await stores.subscribers.idOfJid('moved@op.example')).to.equal('alice');
  });

  it('is not committed by a process that was taken for dead, and gives back what it claimed too late', async () => {
    const { begin, claimAll, commit, settle } = stores.subscribers.identity;
    const to = wanted('alice', '+2');
    const begun = await begin('alice', { numberKeys: [keyOf('+2')] }, NOW);
    await settle('alice', LATER);
    expect(await claimAll('alice', to)).to.equal('ok');
    expect(await commit('alice', (begun as { fence: string }).fence, to, LATER)).to.equal('lost');
    expect(await owners('+2'), 'left behind by a process that died late').to.deep.equal(['alice']);
    await join('bob', '+3');
    expect(await change('bob', '+2')).to.equal('number-taken');
    expect(await stores.subscribers.obstacle('bob', wanted('bob', '+2'), NOW)).to.have.property('holder');
    expect(await change('bob', '+2')).to.equal('ok');
    expect(await owners('+2', '+3')).to.deep.equal(['bob', undefined]);
  });

  it('is refused when the subscriber is not any more what the change was made of', async () => {
    const { change: changeIdentity } = stores.subscribers.identity;
    const seen = (await stores.subscribers.get('alice')) as Subscriber;
    expect(await change('alice', '+2', '+3')).to.equal('ok');
    expect(await changeIdentity('alice', { ...wanted('alice', '+1'), jid: 'moved@op.example' }, NOW, seen)).to.equal(
      'changed',
    );
    expect(await owners('+1', '+2', '+3')).to.deep.equal([undefined, 'alice', 'alice']);
    const present = (await stores.subscribers.get('alice')) as Subscriber;
    expect(await changeIdentity('alice', wanted('alice', '+1'), NOW, present)).to.equal('ok');
  });

  it('finds a number free that was claimed too late for somebody who is forgotten by now', async () => {
    const { claimAll } = stores.subscribers.identity;
    await stores.subscribers.leave('alice', NOW);
    await claimAll('alice', wanted('alice', '+2'));
    await stores.subscribers.forget((await stores.subscribers.record('alice')) as Subscriber);
    await join('bob', '+3');
    expect(await change('bob', '+2')).to.equal('number-taken');
    expect(await stores.subscribers.obstacle('bob', wanted('bob', '+2'), NOW)).to.equal(undefined);
    expect(await change('bob', '+2')).to.equal('ok');
  });

  it('is one at a time, and of many at once none leaks', async () => {
    const outcomes = await Promise.all(['+2', '+3', '+4', '+5'].map((number) => change('alice', number)));
    expect(outcomes).to.include('ok');
    expect(outcomes.every((outcome) => outcome === 'ok' || outcome === 'busy')).to.equal(true);
    const { phoneNumber } = (await stores.subscribers.get('alice')) as Subscriber;
    for (const number of ['+1', '+2', '+3', '+4', '+5'])
      expect(await owners(number)).to.deep.equal([number === phoneNumber ? 'alice' : undefined]);
  });

  it('gives a number that many want to one of them, and the others keep what they had', async () => {
    const ids = Array.from({ length: 10 }, (_, i) => `p${i}`);
    for (const id of ids) await join(id, `+9${id.slice(1)}`);
    const outcomes = await Promise.all(ids.map((id) => change(id, '+2', '+3')));
    expect(outcomes.filter((outcome) => outcome === 'ok')).to.have.length(1);
    const winner = ids[outcomes.indexOf('ok')];
    expect(await owners('+2', '+3')).to.deep.equal([winner, winner]);
    expect(await owners(...ids.map((id) => `+9${id.slice(1)}`))).to.deep.equal(
      ids.map((id) => (id === winner ? undefined : id)),
    );
  });

  it('of somebody who leaves meanwhile gives everything back', async () => {
    for (const steps of [0, 1, 2]) {
      stores = server.freshStores();
      await join('alice', '+1');
      await dieAfter(steps);
      await stores.subscribers.leave('alice', NOW);
      expect(await owners('+1', '+2')).to.deep.equal([undefined, undefined]);
      expect(await server.redis.exists(stores.keys.intention('alice'))).to.equal(0);
    }
  });
});
