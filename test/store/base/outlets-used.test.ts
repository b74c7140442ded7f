import { expect } from 'chai';
import { pino } from 'pino';
import { createBeginning } from '../../../sip/beginning.ts';
import { createKeys } from '../../../store/base/keys.ts';
import { createKnownOutlets, createOutletsUsed } from '../../../store/base/outlets-used.ts';
import { duesOf } from '../../../store/due/makes-due.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;

describe('store/base/outlets-used', () => {
  const server = useRedis();
  let now = 0;

  /** As of a process that follows it, and of one that only looks. */
  function process(prefix: string) {
    const known = createKnownOutlets(() => now);
    const keys = createKeys(prefix, [], known.used);
    return { keys, used: createOutletsUsed(server.redis, keys, known) };
  }
  const namesOf = ({ used }: ReturnType<typeof process>) => used.names();

  it('makes nobody due for an outlet before somebody begins to use it, in every process that looks', async () => {
    const [one, other] = [process('begins'), process('begins')];
    for (const each of [one, other]) await each.used.look();
    expect(duesOf(one.keys, 'played', 'alice')).to.deep.equal([one.keys.due('tune', 'alice')]);
    expect(one.keys.outlets('alice')).to.have.length(2);
    expect(one.keys.outletWakes('alice')).to.have.length(1);
    expect([one.used.isUsed('sip'), one.used.isUnused('sip'), one.used.isUsed('reconcile')]).to.deep.equal([
      false,
      true,
      true,
    ]);

    expect(await one.used.begin('sip')).to.equal('begun');
    expect(namesOf(one)).to.deep.equal(['xmpp', 'sip']);
    expect(namesOf(other)).to.deep.equal(['xmpp']);
    await other.used.look();
    expect(duesOf(other.keys, 'played', 'alice')).to.deep.equal([
      other.keys.due('tune', 'alice'),
      other.keys.due('sip', 'alice'),
    ]);
    expect(duesOf(other.keys, 'readdressed', 'alice')).to.deep.equal([other.keys.due('sip', 'alice')]);
    expect([other.used.isUsed('sip'), other.used.isUnused('sip')]).to.deep.equal([true, false]);

    await one.used.begunForAll('sip');
    expect(await one.used.begin('sip')).to.equal('all');
    await one.used.end('sip');
    expect(namesOf(one)).to.deep.equal(['xmpp']);
    await one.used.begunForAll('sip');
    await one.used.look();
    expect(namesOf(one), 'what is ended stays so').to.deep.equal(['xmpp']);
  });

  it('takes every outlet for used as long as it cannot know, and asks for no job and drops nobody then', async () => {
    const one = process('stands-still');
    one.used.follow();
    expect(namesOf(one), 'before the first look').to.deep.equal(['xmpp', 'sip']);
    await one.used.look();
    expect(namesOf(one)).to.deep.equal(['xmpp']);
    now += 5_000;
    expect(namesOf(one)).to.deep.equal(['xmpp']);
    now += 1;
    expect(namesOf(one), 'it stood still').to.deep.equal(['xmpp', 'sip']);
    expect([one.used.isUsed('sip'), one.used.isUnused('sip')]).to.deep.equal([false, false]);
    await one.used.look();
    expect(namesOf(one)).to.deep.equal(['xmpp']);
  });

  describe('the beginning', () => {
    let stores: Stores;
    let begin: () => Promise<void>;

    beforeEach(() => {
      stores = server.freshStores();
      const outletsUsed = { ...stores.outletsUsed, clock: () => now };
      begin = createBeginning({ ...stores, outletsUsed }, 'sip', pino({ level: 'silent' }), () => NOW);
    });

    const report = (instance: string, outlets?: string[]) =>
      stores.statuses.report(instance, {
        ...{ role: 'gateway', ready: true, missing: [], version: '1', host: 'one', started: NOW, heard: NOW },
        ...(outlets && { outlets }),
      });
    const dueAt = (id: string) => server.redis.zScore(stores.keys.due('sip', id), id);

    it('looks at everybody who plays, once every process knows, each at a time of its own', async () => {
      const ids = Array.from({ length: 2_500 }, (_, i) => `subscriber-${i}`);
      await stores.due.postponeAll('tune', ids, NOW + HOUR);
      await stores.due.postpone('sip', 'subscriber-7', NOW - 1);
      await report('one', ['xmpp', 'sip']);
      await report('an earlier version');
      await begin();
      now += 5_001;
      await begin();
      expect(await dueAt('subscriber-1'), 'somebody does not know').to.equal(null);
      await report('an earlier version', ['xmpp']);
      await begin();
      expect(await dueAt('subscriber-1'), 'somebody has not looked').to.equal(null);
      await report('an earlier version', ['xmpp', 'sip']);
      await begin();
      const times = (await Promise.all(ids.map(dueAt))).map(Number);
      expect(times[7], 'who is due sooner stays so').to.equal(NOW - 1);
      const spread = times.filter((_, i) => i !== 7).sort((a, b) => a - b);
      expect(new Set(spread).size).to.equal(2_499);
      expect([spread[0], spread.at(-1)]).to.deep.equal([NOW, NOW + 2 * 2_499]);
    });

    it('looks also at who is due there alone: what plays was shown, and stopped where nobody knew yet', async () => {
      await stores.due.postpone('sip', 'stopped', NOW + HOUR);
      await begin();
      now += 5_001;
      await begin();
      expect(Number(await dueAt('stopped'))).to.equal(NOW);
    });

    it('waits until nobody relies on an earlier look any more', async () => {
      await stores.due.postpone('tune', 'alice', NOW + HOUR);
      await begin();
      now += 5_000;
      await begin();
      expect(await dueAt('alice')).to.equal(null);
      now += 1;
      await begin();
      expect(Number(await dueAt('alice'))).to.equal(NOW);
    });

    it('is over then, until Redis has forgotten it', async () => {
      await report('one', ['sip']);
      await begin();
      now += 5_001;
      await begin();
      await stores.due.postpone('tune', 'late', NOW + HOUR);
      await begin();
      expect(await dueAt('late')).to.equal(null);
      await server.redis.del(stores.keys.outletsUsed);
      await begin();
      now += 5_001;
      await begin();
      expect(Number(await dueAt('late'))).to.equal(NOW);
    });
  });
});
