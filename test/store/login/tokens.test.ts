import { expect } from 'chai';
import { createTokens } from '../../../store/login/tokens.ts';
import type { Stores } from '../../../store/stores.ts';
import { REDIS_KINDS, type RedisKind, useRedis } from '../../support/redis.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

for (const kind of REDIS_KINDS) describe(`store/login/tokens on ${kind}`, () => describeThem(kind));

function describeThem(kind: RedisKind): void {
  const server = useRedis(kind);
  let stores: Stores;
  const now = Date.now();

  beforeEach(() => {
    stores = server.freshStores();
  });

  const names = async (time = now) => (await stores.tokens.list('alice', time)).map(({ deviceName }) => deviceName);

  it('opens with the token itself only, which is kept as a hash', async () => {
    const { token, tokenId } = await stores.tokens.issue('alice', 'phone', DAY, now);
    expect(await stores.tokens.ownerOf(token, now)).to.deep.equal({ id: 'alice', tokenId });
    const secret = token.slice(token.indexOf('.') + 1);
    for (const wrong of [`${token}x`, token.replace('alice', 'bob'), `est_alice.${tokenId}`, tokenId, 'est_', ''])
      expect(await stores.tokens.ownerOf(wrong, now), wrong).to.equal(undefined);
    expect(JSON.stringify(await server.redis.hGetAll(stores.keys.tokens('alice')))).to.not.contain(secret);
  });

  it('is over when its time is, also for the hash that holds it', async () => {
    const { token, expiresAt } = await stores.tokens.issue('alice', 'phone', DAY, now);
    expect(await stores.tokens.ownerOf(token, expiresAt - 1)).to.not.equal(undefined);
    expect(await stores.tokens.ownerOf(token, expiresAt)).to.equal(undefined);
    await stores.tokens.issue('alice', 'tablet', 1_000, now);
    expect(await names(now + 1_000)).to.deep.equal(['phone']);
    expect(await server.redis.pTTL(stores.keys.tokens('alice'))).to.be.greaterThan(DAY - HOUR);
  });

  it('replaces the former token of the same device, and no other', async () => {
    const first = await stores.tokens.issue('alice', 'phone', DAY, now);
    const unnamed = [
      await stores.tokens.issue('alice', undefined, DAY, now + 1),
      await stores.tokens.issue('alice', undefined, DAY, now + 2),
    ];
    const other = await stores.tokens.issue('bob', 'phone', DAY, now);
    const second = await stores.tokens.issue('alice', 'phone', DAY, now + 3);
    expect(await stores.tokens.ownerOf(first.token, now)).to.equal(undefined);
    for (const { token } of [second, other, ...unnamed])
      expect(await stores.tokens.ownerOf(token, now)).to.not.equal(undefined);
    expect(await names()).to.deep.equal(['phone', undefined, undefined]);
  });

  it('keeps twenty for a subscriber: one more pushes the oldest out', async () => {
    for (let i = 0; i < 23; i += 1) await stores.tokens.issue('alice', `device ${i}`, DAY, now + i);
    expect(await names()).to.deep.equal(Array.from({ length: 20 }, (_, i) => `device ${22 - i}`));
  });

  it('is asked for again where others log in without end at the same time, and none is issued', async () => {
    let others = 0;
    const busy = Object.create(server.redis, {
      hGetAll: {
        async value(hash: string) {
          const found = await server.redis.hGetAll(hash);
          others += 1;
          await stores.tokens.issue('alice', 'phone', DAY, now);
          return found;
        },
      },
    });
    const refused = await createTokens(busy, stores.keys)
      .issue('alice', 'tablet', DAY, now)
      .catch((err) => err);
    expect(refused).to.include({ code: 'UNAVAILABLE', retryAfter: 1 });
    expect(others).to.be.within(2, 100);
    expect(await names()).to.deep.equal(['phone']);
  });

  it('keeps no more when many are issued in the same moment, and one of each device', async () => {
    for (let i = 0; i < 15; i += 1) await stores.tokens.issue('alice', `device ${i}`, DAY, now - 1);
    const phones = await Promise.all(Array.from({ length: 5 }, () => stores.tokens.issue('alice', 'phone', DAY, now)));
    expect((await names()).filter((name) => name === 'phone')).to.have.lengthOf(1);
    const open = await Promise.all(phones.map(({ token }) => stores.tokens.ownerOf(token, now)));
    expect(open.filter((owner) => owner !== undefined)).to.have.lengthOf(1);
    await Promise.all(Array.from({ length: 10 }, (_, i) => stores.tokens.issue('alice', `new ${i}`, DAY, now + 1)));
    expect(await names()).to.have.lengthOf(20);
    expect((await names()).filter((name) => name?.startsWith('new'))).to.have.lengthOf(10);
  });

  it('tells the hour of the last use, and a use does not bring a revoked token back', async () => {
    const { token, tokenId } = await stores.tokens.issue('alice', 'phone', DAY, now);
    const usedAt = async () => (await stores.tokens.list('alice', now))[0]?.usedAt;
    expect(await usedAt()).to.equal(undefined);
    await stores.tokens.ownerOf(token, now);
    expect(await usedAt()).to.equal(now - (now % HOUR));
    await stores.tokens.ownerOf(token, now + HOUR);
    expect(await usedAt()).to.equal(now - (now % HOUR) + HOUR);
    const uses = Array.from({ length: 50 }, (_, i) =>
      stores.tokens.ownerOf(token, now + (i + 2) * 1_000 + (i % 3) * HOUR),
    );
    const [revoked] = await Promise.all([stores.tokens.revoke('alice', tokenId), ...uses]);
    expect(revoked).to.equal(true);
    expect(await stores.tokens.ownerOf(token, now)).to.equal(undefined);
    expect(await stores.tokens.revoke('alice', tokenId)).to.equal(false);
  });

  it('revokes one, or all of a subscriber', async () => {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => stores.tokens.issue('alice', name, DAY, now)));
    const bobs = await stores.tokens.issue('bob', 'b', DAY, now);
    await stores.tokens.revoke('alice', b?.tokenId ?? '');
    expect((await names()).sort()).to.deep.equal(['a', 'c']);
    await stores.tokens.revokeAll('alice');
    for (const issued of [a, b, c]) expect(await stores.tokens.ownerOf(issued?.token ?? '', now)).to.equal(undefined);
    expect(await stores.tokens.ownerOf(bobs.token, now)).to.include({ id: 'bob' });
  });
}
