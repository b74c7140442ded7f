import { expect } from 'chai';
import { pino } from 'pino';
import { createStandby, OVERDUE, type Standby } from '../../../component/active/standby.ts';
import type { Stores } from '../../../store/stores.ts';
import { eventually } from '../../support/eventually.ts';
import { useRedis } from '../../support/redis.ts';

const HOST = 'op.example';
const log = pino({ level: 'silent' });

describe('component/active/standby', () => {
  const redis = useRedis();
  let stores: Stores;
  let started: Standby[];

  beforeEach(() => {
    stores = redis.freshStores();
    started = [];
  });

  afterEach(async () => {
    for (const standby of started) await standby.stop();
  });

  /** A component that connects in its turn, to a server that allows one connection. */
  function start(
    instance: string,
    dropped: string[] = [],
    mayConnect = async () => {},
  ): { standby: Standby; turns: string[] } {
    const turns: string[] = [];
    const drop = async () => void dropped.push(instance);
    const standby = createStandby({ stores, log }, { host: HOST, instance }, mayConnect, drop, () => {});
    standby.workWith({ allowsOne: true });
    started.push(standby);
    void standby.turn().then(() => turns.push(instance));
    return { standby, turns };
  }

  /** Takes the lease and never renews it; for the test it does not run out either. */
  async function holdFor(instance: string): Promise<void> {
    await stores.activeLease.hold({ host: HOST, instance }, 'one', true);
    await redis.redis.persist(stores.keys.activeComponent(HOST));
  }

  it('lets one that starts connect when the holder of the lease was killed, before the lease is over', async () => {
    await holdFor('killed');
    const { standby, turns } = start('next');
    await eventually(() => expect(turns).to.deep.equal(['next']));
    standby.online();
    await eventually(async () => expect(await standby.isActive()).to.equal(true));
    expect((await stores.activeLease.hold({ host: HOST, instance: 'killed' }, 'one')).other?.allows).to.equal('one');
  });

  it('takes no lease for one that must not connect at all, and does as soon as it may', async () => {
    let others = true;
    let looks = 0;
    const { turns } = start('with other homes', [], async () => {
      looks += 1;
      if (others) throw new Error('A component runs with other EARSHOT_HOMES');
    });
    await eventually(() => expect(looks).to.be.greaterThan(1));
    expect(turns).to.deep.equal([]);
    expect(await stores.activeLease.hold({ host: HOST, instance: 'there' }, 'one')).to.deep.equal({});
    await stores.activeLease.release({ host: HOST, instance: 'there' });
    others = false;
    await eventually(() => expect(turns).to.deep.equal(['with other homes']));
  });

  it('lets nobody connect beside one that was seen to renew its lease, as the server may end the connection that there is', async () => {
    const silences = [0, 300, 100];
    const hold = async () => ({ other: { allows: 'one', silent: silences.shift() ?? OVERDUE } });
    stores = { activeLease: { hold, release: async () => {} } } as unknown as Stores;
    const { standby, turns } = start('next');
    for (let looks = 0; looks < 6; looks += 1) expect(await standby.isActive()).to.equal(false);
    expect([silences, turns]).to.deep.equal([[], []]);
  });

  it('looks at the lease anew for whoever asks, and has one that was replaced wait for its turn', async () => {
    const dropped: string[] = [];
    const { standby, turns } = start('first', dropped);
    await eventually(() => expect(turns).to.deep.equal(['first']));
    await holdFor('second');
    let again = false;
    void standby.turn().then(() => {
      again = true;
    });
    expect(await standby.isActive()).to.equal(false);
    expect([standby.waits(), dropped, again]).to.deep.equal([true, ['first'], false]);
    await stores.activeLease.release({ host: HOST, instance: 'second' });
    await eventually(() => expect(again).to.equal(true));
  });
});
