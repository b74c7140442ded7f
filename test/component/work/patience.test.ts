import { expect } from 'chai';
import { pino } from 'pino';
import type { Context } from '../../../component/context.ts';
import { Unanswered } from '../../../component/stream/requests.ts';
import { createPatience, type Patience } from '../../../component/work/patience.ts';
import { Fault } from '../../../domain/fault.ts';
import type { Stores } from '../../../store/stores.ts';
import { eventually } from '../../support/eventually.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_800_000_000_000;
const JID = 'alice@op.example';

describe('the slots of a queue, and an account that does not answer', () => {
  const server = useRedis();
  let stores: Stores;
  let patience: Patience;
  let time: number;
  /** Of the process, which nobody puts. */
  let passed: number;
  let waited: number;
  let enqueued: string[];
  let looked: number;
  let done: number;

  beforeEach(async () => {
    stores = server.freshStores();
    time = NOW;
    passed = 0;
    waited = 0;
    enqueued = [];
    looked = 0;
    done = 0;
    const alice = { id: 'alice', phoneNumber: '+8613800138000', numberKey: 'AAAAAAAAAAAA', jid: JID, displayName: '' };
    await addSubscriber(stores, alice, NOW);
    const context = { stores, queues: { enqueue }, log: pino({ level: 'silent' }), now: () => time };
    patience = createPatience(context as unknown as Context, { waiting }, () => passed);
  });

  function waiting(jid: string): number {
    looked += 1;
    return jid === JID ? waited : 0;
  }

  async function enqueue(queue: string, ids: string[]): Promise<void> {
    enqueued.push(`${queue} ${ids}`);
  }

  async function count(): Promise<void> {
    done += 1;
  }

  const run = (work: () => Promise<void>, queue: 'tune' | 'roster' = 'roster') => patience.of(queue, work)('alice');
  const dueIn = async () => {
    const score = await server.redis.zScore(stores.keys.due('roster', 'alice'), 'alice');
    return score === null ? undefined : score - time;
  };
  const pass = (ms: number) => {
    time += ms;
    passed += ms;
  };
  const silence = async () => {
    throw new Unanswered('UNAVAILABLE', 'No answer.');
  };

  function held(): { work: () => Promise<void>; end: () => void } {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    return { work: () => ended, end };
  }

  it('are given back by a job that waits for its account, and what is asked for meanwhile comes afterwards', async () => {
    const { work, end } = held();
    waited = 1_500;
    await run(work);
    await run(count);
    expect(done, 'one at a time for each subscriber').to.equal(0);
    await run(count, 'tune');
    expect(done, 'another queue is another matter').to.equal(1);
    end();
    await eventually(() => expect(enqueued).to.deep.equal(['roster alice']));
    await run(count);
    expect(done).to.equal(2);
  });

  it('are kept by a job that has much to do', async () => {
    const { work, end } = held();
    let returned = false;
    const running = run(work).then(() => {
      returned = true;
    });
    waited = 900;
    await eventually(() => expect(looked).to.be.greaterThan(1));
    expect(returned).to.equal(false);
    end();
    await running;
  });

  it('are not taken again for a while that becomes longer, and at once after the stream was another', async () => {
    await run(silence);
    expect(await dueIn()).to.equal(30_000);
    pass(10_000);
    await run(() => expect.fail('asked again too soon'));
    expect(await dueIn()).to.equal(20_000);
    for (const rest of [60_000, 120_000, 240_000, 300_000, 300_000]) {
      pass(300_000);
      await run(silence);
      await patience.stop();
      expect(await dueIn()).to.equal(rest);
    }
    await run(count);
    expect(done).to.equal(0);
    patience.forget();
    await run(count);
    expect(done).to.equal(1);
  });

  it('are not kept from an account for as long as the clock was ahead when it did not answer', async () => {
    time += 3_600_000;
    await run(silence);
    time -= 3_600_000;
    expect(await dueIn(), 'as it was noted').to.equal(3_630_000);
    pass(30_000);
    await run(count);
    await patience.stop();
    expect(done).to.equal(1);
  });

  it('are a matter of retries as ever when the server itself does not answer', async () => {
    const away = await run(async () => {
      throw new Fault('UNAVAILABLE', 'The stream broke.');
    }).catch((err: Fault) => err.code);
    expect(away).to.equal('UNAVAILABLE');
    await run(count);
    expect(done).to.equal(1);
  });
});
