import { expect } from 'chai';
import { pino } from 'pino';
import { createDuty, type Duty } from '../../sip/duty.ts';
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

  function start(instance: string): { duty: Duty; changes: boolean[] } {
    const changes: boolean[] = [];
    const duty = createDuty(stores, instance, log, (active) => changes.push(active));
    started.push(duty);
    return { duty, changes };
  }

  it('lets one of two processes work, and the other one when that has stopped', async () => {
    const first = start('first');
    await eventually(() => expect(first.duty.holds()).to.equal(true));
    const second = start('second');
    await eventually(async () => expect(await redis.redis.hGet(stores.keys.activeSip, 'instance')).to.equal('first'));
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
    let answers = true;
    const hold = () => (answers ? Promise.resolve({}) : new Promise<never>(() => {}));
    stores = { ...stores, sipLease: { ...stores.sipLease, hold } };
    const { duty } = start('cut off');
    await eventually(() => expect(duty.holds()).to.equal(true));
    answers = false;
    await eventually(() => expect(duty.holds()).to.equal(false));
    expect(duty.isActive()).to.equal(true);
    started = [];
  });
});
