import { expect } from 'chai';
import type { Stores } from '../../../store/stores.ts';
import { eventually } from '../../support/eventually.ts';
import { REDIS_KINDS, type RedisKind, useRedis } from '../../support/redis.ts';

const MINUTE = 60_000;
/** As codes to one number: 1 in 2 minutes and 2 in 8 hours. */
const TWO = [
  { most: 1, window: 2 * MINUTE },
  { most: 2, window: 480 * MINUTE },
];

for (const kind of REDIS_KINDS) describe(`store/call/limits on ${kind}`, () => describeThem(kind));

function describeThem(kind: RedisKind): void {
  const server = useRedis(kind);
  let stores: Stores;
  const now = Date.now();

  beforeEach(() => {
    stores = server.freshStores();
  });

  const wait = async (time: number, limits = TWO) => {
    const outcome = await stores.limits.take('somebody', limits, time);
    return 'taken' in outcome ? 0 : outcome.retryAfter;
  };

  it('let through what every window has room for, and tell when there is room again', async () => {
    expect(await wait(now)).to.equal(0);
    expect(await wait(now + 30_000)).to.equal(90_000);
    expect(await wait(now + 2 * MINUTE - 1)).to.equal(1);
    expect(await wait(now + 2 * MINUTE)).to.equal(0);
    expect(await wait(now + 10 * MINUTE)).to.equal(470 * MINUTE);
    expect(await wait(now + 480 * MINUTE)).to.equal(0);
  });

  it('slide: what is refused is not counted, and windows have no edges to wait for', async () => {
    const five = [{ most: 5, window: 5 * MINUTE }];
    for (let i = 0; i < 5; i += 1) expect(await wait(now + i * MINUTE, five)).to.equal(0);
    for (let i = 0; i < 20; i += 1) expect(await wait(now + 5 * MINUTE - 1, five)).to.equal(1);
    expect(await wait(now + 5 * MINUTE, five)).to.equal(0);
    expect(await wait(now + 5 * MINUTE, five)).to.equal(MINUTE);
  });

  it('let no more through together than one after the other', async () => {
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => wait(now, [{ most: 16, window: MINUTE }])));
    expect(outcomes.filter((retry) => retry === 0)).to.have.length(16);
  });

  it('take back what turned out not to count', async () => {
    const outcome = await stores.limits.take('somebody', TWO, now);
    await stores.limits.giveBack('somebody', 'taken' in outcome ? outcome.taken : '');
    expect(await wait(now)).to.equal(0);
  });

  it('leave nothing behind when the longest window is over', async () => {
    await wait(now, [{ most: 1, window: 50 }]);
    await eventually(async () => expect(await server.redis.exists(stores.keys.limit('somebody'))).to.equal(0));
  });
}
