import { expect } from 'chai';
import { pino } from 'pino';
import { createDuty, type Duty } from '../../sip/duty.ts';
import { LEASE } from '../../store/process/active-lease.ts';
import type { Stores } from '../../store/stores.ts';
import { eventually } from '../support/eventually.ts';
import { useRedis } from '../support/redis.ts';

const log = pino({ level: 'silent' });

describe('sip/duty', () => {
  const redis = useRedis();
  let stores: Pick<Stores, 'sipLease' | 'keys'>;
  let started: Duty[];

  beforeEach(() => {
    stores = redis.freshStores();
    started = [];
  });

  afterEach(async () => {
    for (const duty of started) await duty.stop();
  });

  function start(instance: string, clock?: () => number): { duty: Duty; changes: boolean[] } {
    const changes: boolean[] = [];
    const duty = createDuty(stores, instance, log, (active) => changes.push(active), clock);
    started.push(duty);
    return { duty, changes };
  }

  it('lets one of two processes work, and the other one when that has stopped', async () => {
    const first = start('first');
    await eventually(() => expect(first.duty.holds()).to.equal(true));
    const { sipLease } = stores;
    let refused = 0;
    const hold: typeof sipLease.hold = async (...asked) => {
      const answer = await sipLease.hold(...asked);
      if (answer.other) refused += 1;
      return answer;
    };
    stores = { ...stores, sipLease: { ...sipLease, hold } };
    const second = start('second');
    // It has begun its second look, so what came of the first one is known.
    await eventually(() => expect(refused).to.be.at.least(2));
    expect([second.duty.isActive(), second.duty.holds()]).to.deep.equal([false, false]);
    await first.duty.stop();
    await eventually(() => expect(second.duty.holds()).to.equal(true));
    expect([first.changes, second.changes]).to.deep.equal([[true], [true]]);
  });

  it('ends the work of one that finds that another has the lease by now', async () => {
    const { duty, changes } = start('stood still');
    await eventually(() => expect(duty.holds()).to.equal(true));
    await stores.sipLease.hold({ host: '', instance: 'other' }, 'unknown', true);
    await eventually(() => expect(changes).to.deep.equal([true, false]));
    expect([duty.isActive(), duty.holds()]).to.deep.equal([false, false]);
  });

  it('relies no more on a lease that it could not renew', async () => {
    const { sipLease } = stores;
    let isAway = false;
    const hold: typeof sipLease.hold = async (...asked) => {
      if (isAway) throw new Error('Redis is away');
      return sipLease.hold(...asked);
    };
    stores = { ...stores, sipLease: { ...sipLease, hold } };
    let now = 10_000;
    const { duty } = start('cut off', () => now);
    await eventually(() => expect(duty.holds()).to.equal(true));
    isAway = true;
    now += LEASE - 1;
    expect(duty.holds(), 'nobody else can have it yet').to.equal(true);
    now += 1;
    expect([duty.isActive(), duty.holds()]).to.deep.equal([true, false]);
  });
});
