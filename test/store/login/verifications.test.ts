import { expect } from 'chai';
import type { Stores } from '../../../store/stores.ts';
import { eventually } from '../../support/eventually.ts';
import { REDIS_KINDS, type RedisKind, useRedis } from '../../support/redis.ts';

const CODE = { codeHash: 'h', message: 'sealed' };

for (const kind of REDIS_KINDS) describe(`store/login/verifications on ${kind}`, () => describeThem(kind));

function describeThem(kind: RedisKind): void {
  const server = useRedis(kind);
  let stores: Stores;
  const now = Date.now();
  const start = (id = 'v', lifetime = 60_000) =>
    stores.verifications.start(id, { ...CODE, expiresAt: Date.now() + lifetime }, 3, now);

  beforeEach(async () => {
    stores = server.freshStores();
    await start();
  });

  it('allow three tries, however many come at once', async () => {
    const tries = await Promise.all(Array.from({ length: 20 }, () => stores.verifications.attempt('v', now)));
    expect(tries.filter((hash) => hash === 'h')).to.have.length(3);
  });

  it('give the code to one claimant; when that one dies, to another half a minute later', async () => {
    const stamps = await Promise.all(Array.from({ length: 20 }, () => stores.verifications.reserve('v', now)));
    const [stamp] = stamps.filter((one) => one !== undefined);
    expect(stamps.filter((one) => one !== undefined)).to.have.length(1);
    expect(await stores.verifications.attempt('v', now)).to.equal(undefined);
    expect(await stores.verifications.attempt('v', now + 30_000)).to.equal('h');
    const second = await stores.verifications.reserve('v', now + 30_000);
    expect(await stores.verifications.consume('v', stamp ?? '')).to.equal(false);
    expect(await stores.verifications.consume('v', second ?? '')).to.equal(true);
    expect(await stores.verifications.consume('v', second ?? '')).to.equal(false);
    expect(await stores.due.isMarked('verification', 'v')).to.equal(false);
  });

  it('give code and try back when nothing could come of the login', async () => {
    for (let i = 0; i < 5; i += 1) {
      expect(await stores.verifications.attempt('v', now)).to.equal('h');
      await stores.verifications.giveBack('v', (await stores.verifications.reserve('v', now)) ?? '');
    }
  });

  it('stay good when there is another, and end when they expire', async () => {
    const stamp = (await stores.verifications.reserve('v', now)) ?? '';
    await start('newer');
    expect(await stores.verifications.attempt('newer', now)).to.equal('h');
    expect(await stores.verifications.consume('v', stamp)).to.equal(true);
    expect(await stores.verifications.consume('newer', stamp)).to.equal(false);
    expect(await stores.verifications.attempt('newer', now)).to.equal('h');
    // One that expires soon may have expired before it is looked at.
    await start('newer', 50);
    await eventually(async () => expect(await server.redis.exists(stores.keys.verification('newer'))).to.equal(0));
    expect(await stores.verifications.attempt('newer', now)).to.equal(undefined);
  });

  it('keep the code to be sent until it is delivered', async () => {
    expect(await stores.verifications.undelivered('v')).to.include({ message: 'sealed' });
    await start('newer');
    expect(await stores.verifications.waiting()).to.have.members(['v', 'newer']);
    await stores.verifications.delivered('v');
    expect(await stores.verifications.undelivered('v')).to.equal(undefined);
    expect(await stores.verifications.undelivered('newer')).to.include({ message: 'sealed' });
    await stores.verifications.delivered('newer');
    expect(await stores.verifications.waiting()).to.deep.equal([]);
    expect(await stores.verifications.attempt('newer', now)).to.equal('h');
  });
}
