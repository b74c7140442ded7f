import { expect } from 'chai';
import { ClientOfflineError } from 'redis';
import type { Redis } from '../../../runtime/redis/redis.ts';
import { eventually } from '../../support/eventually.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { useRedis } from '../../support/redis.ts';

/** What becomes of a command: `lost` is done and nobody is told, `refused` is not done. */
type Fate = 'answered' | 'lost' | 'refused';

describe('a call with an Idempotency-Key while Redis goes away', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let fates: Fate[];
  let asked: number;

  beforeEach(async () => {
    [fates, asked] = [[], 0];
    gateway = await openTestGateway(server, {}, { redis: goingAway(server.redis) });
  });

  afterEach(async () => gateway?.stop());

  /** Of the commands about remembered answers each has the next of `fates`. */
  function goingAway(redis: Redis): Redis {
    return new Proxy(redis, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          const run = () => Reflect.apply(member, target, args) as unknown;
          return JSON.stringify(args).includes(':idempotency:') ? meet(run) : run();
        };
      },
    });
  }

  async function meet(run: () => unknown): Promise<unknown> {
    const fate = fates[asked++];
    if (fate === 'refused') throw new ClientOfflineError();
    const answer = await run();
    if (fate === 'lost') throw new ClientOfflineError();
    return answer;
  }

  const send = () => {
    const body = { phoneNumber: '+8613800138000' };
    return gateway.post('/v1/verification/send-code', body, undefined, { 'idempotency-key': 'k' });
  };

  /** The call is told 503, and is done when it is sent again after so many commands about its key. */
  async function isDoneAgainAfter(commands: number): Promise<void> {
    const first = await send();
    expect(first.status, first.text).to.equal(503);
    await eventually(() => expect(asked).to.be.at.least(commands));
    // Another code for the same number.
    gateway.pass(3_600_000);
    const again = await send();
    expect(again.status, again.text).to.equal(202);
    expect(again.headers).not.to.have.property('idempotency-replayed');
  }

  it('is done when it is sent again, where its claim was made and nobody was told', async () => {
    fates = ['lost', 'answered'];
    await isDoneAgainAfter(2);
  });

  it('is done when it is sent again, where the claim could only be given back later', async () => {
    fates = ['lost', 'refused', 'refused', 'answered'];
    await isDoneAgainAfter(4);
  });

  it('is done when it is sent again, where the answer could not be remembered', async () => {
    fates = ['answered', 'refused', 'refused', 'answered'];
    await isDoneAgainAfter(4);
  });

  it('is answered from memory where the answer was remembered and nobody was told', async () => {
    fates = ['answered', 'lost', 'answered'];
    expect((await send()).status).to.equal(503);
    const again = await send();
    expect([again.status, again.headers['idempotency-replayed']]).to.deep.equal([202, 'true']);
  });
});
