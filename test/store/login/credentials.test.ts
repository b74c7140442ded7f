import { expect } from 'chai';
import { isApiKey, newApiKey } from '../../../store/login/credential-secret.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';

const NOW = Date.UTC(2026, 10, 22, 12, 34);
const HOUR = 3_600_000;
const WANTED = { name: 'Carrier', scopes: ['imports:write'], ranges: ['+86'] } as const;

describe('store/login/credentials', () => {
  const redis = useRedis();
  let stores: Stores;

  beforeEach(() => {
    stores = redis.freshStores();
  });

  async function created(more: object = {}): Promise<{ id: string; key: string }> {
    const made = await stores.credentials.create({ ...WANTED, ...more }, NOW);
    if (made === 'taken') throw new Error('taken');
    return { id: made.credential.id, key: made.key ?? '' };
  }
  const opens = async (key: string, now = NOW) => (await stores.credentials.ofKey(key, now)) !== undefined;

  it('knows a key from a slip of the pen by its checksum', () => {
    const key = newApiKey();
    expect(key).to.match(/^esk_[0-9a-f]{72}$/);
    expect(isApiKey(key)).to.equal(true);
    for (const at of [4, 40, 75]) {
      const digit = key[at] === '0' ? '1' : '0';
      expect(isApiKey(key.slice(0, at) + digit + key.slice(at + 1)), `character ${at}`).to.equal(false);
    }
  });

  it('is found by its key, of which only a hash is kept', async () => {
    const { id, key } = await created();
    expect(await stores.credentials.ofKey(key, NOW)).to.deep.include({ ...WANTED, id, kind: 'key' });
    expect(await stores.credentials.ofKey(newApiKey(), NOW)).to.equal(undefined);
    const { records, names } = stores.keys.credentials;
    const kept = JSON.stringify([await redis.redis.hGetAll(records), await redis.redis.hGetAll(names)]);
    expect(kept).to.not.contain(key).and.not.contain(key.slice(4, 68));
  });

  it('opens with the old key too until the grace is over, and however often it is rotated with each key once given out no longer', async () => {
    const { id, key } = await created();
    const second = await stores.credentials.rotate(id, HOUR, NOW);
    expect([await opens(key, NOW + HOUR - 1), await opens(key, NOW + HOUR)]).to.deep.equal([true, false]);
    const third = await stores.credentials.rotate(id, 24 * HOUR, NOW + 1);
    expect(await opens(key, NOW + HOUR), 'a later rotation prolongs nothing').to.equal(false);
    expect(await opens(second?.key ?? '', NOW + HOUR)).to.equal(true);
    const fourth = await stores.credentials.rotate(id, 0, NOW + 2);
    for (const old of [key, second?.key, third?.key]) expect(await opens(old ?? '', NOW + 2)).to.equal(false);
    expect(await opens(fourth?.key ?? '', NOW + 1000 * HOUR)).to.equal(true);
    expect(await redis.redis.hLen(stores.keys.credentials.names), 'keys of old are forgotten').to.equal(1);
  });

  it('opens nothing once revoked, and is still listed', async () => {
    const { id, key } = await created();
    const rotated = await stores.credentials.rotate(id, HOUR, NOW);
    await stores.credentials.revoke(id, NOW);
    await stores.credentials.revoke(id, NOW + 1);
    expect([await opens(key), await opens(rotated?.key ?? '')]).to.deep.equal([false, false]);
    expect(await stores.credentials.rotate(id, 0, NOW)).to.equal(undefined);
    expect((await stores.credentials.list()).map(({ credential }) => credential.revokedAt)).to.deep.equal([NOW]);
  });

  it('ends when it expires, for good', async () => {
    const { id, key } = await created({ expiresAt: NOW + 1 });
    expect([await opens(key), await opens(key, NOW + 1)]).to.deep.equal([true, false]);
    expect(await stores.credentials.rotate(id, 0, NOW + 1)).to.equal(undefined);
  });

  it('registers an OAuth client once, until it is revoked', async () => {
    const { id } = await created({ clientId: 'portal' });
    expect(await stores.credentials.create({ ...WANTED, clientId: 'portal' }, NOW)).to.equal('taken');
    expect(await stores.credentials.ofClient('portal', NOW)).to.include({ id, kind: 'oauth' });
    expect(await stores.credentials.rotate(id, 0, NOW), 'it has no key').to.equal(undefined);
    await stores.credentials.revoke(id, NOW);
    expect(await stores.credentials.ofClient('portal', NOW)).to.equal(undefined);
    expect(await created({ clientId: 'portal' })).to.have.property('id');
  });

  it('remembers its last use to the hour', async () => {
    const { key } = await created();
    const used = async () => (await stores.credentials.list())[0]?.lastUsedAt;
    expect(await used()).to.equal(undefined);
    await opens(key);
    expect(await used()).to.equal(Date.UTC(2026, 10, 22, 12));
    await opens(key, NOW + HOUR);
    expect(await used()).to.equal(Date.UTC(2026, 10, 22, 13));
  });

  it('lets one of two rotations at a time go first, and the other build on it', async () => {
    const { id, key } = await created();
    const both = await Promise.all([1, 2].map(() => stores.credentials.rotate(id, HOUR, NOW)));
    for (const one of [key, ...both.map((rotated) => rotated?.key ?? '')]) expect(await opens(one)).to.equal(true);
  });
});
