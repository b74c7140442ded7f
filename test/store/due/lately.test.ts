import { expect } from 'chai';
import { createKeys } from '../../../store/base/keys.ts';
import { createLately, type ToldLately } from '../../../store/due/lately.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';

const HOST = 'op.example';
const NOW = 1_800_000_000_000;
const MODEL: ToldLately = { what: 'access', outlet: 'xmpp', field: 'model' };
const BOB: ToldLately = { what: 'access', outlet: 'xmpp', field: 'bob@op.example' };

describe('what a server was told lately', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(() => {
    stores = server.freshStores();
  });

  it('is kept once each, as of the last time, until it is old enough', async () => {
    await stores.lately.note('alice', [MODEL, BOB], NOW);
    await stores.lately.note('alice', [MODEL], NOW + 2);
    await stores.lately.note('bob', [MODEL], NOW + 2);
    expect(await stores.lately.whose(HOST, NOW + 1)).to.deep.equal(['alice']);
    expect(await stores.lately.before('alice', NOW + 1)).to.deep.equal([BOB]);
    expect(await stores.lately.before('alice', NOW + 3)).to.deep.equal([BOB, MODEL]);
    await stores.lately.drop(HOST, NOW + 2);
    expect(await stores.lately.before('alice', NOW + 3)).to.deep.equal([MODEL]);
    expect(await stores.lately.whose(HOST, NOW + 3)).to.have.members(['alice', 'bob']);
    await stores.lately.drop(HOST, NOW + 3);
    expect(await stores.lately.whose(HOST, NOW + 3)).to.deep.equal([]);
    expect(await stores.due.isMarked('lately', 'alice')).to.equal(false);
    expect(await server.redis.exists(stores.keys.lately('alice'))).to.equal(0);
  });

  it('is of one home where there are several: another’s component, whose server may forget nothing, drops nothing of it', async () => {
    const keys = createKeys('homes', [HOST, 'brand.example']);
    const lately = createLately(server.redis, keys);
    await server.redis.hSet(keys.subscriber('alice'), 'jid', 'alice@op.example');
    await server.redis.hSet(keys.subscriber('bob'), 'jid', 'bob@brand.example');
    for (const id of ['alice', 'bob']) await lately.note(id, [MODEL], NOW);
    expect(await lately.whose(HOST, NOW + 1)).to.deep.equal(['alice']);
    await lately.drop('brand.example', NOW + 1);
    expect(await lately.whose('brand.example', NOW + 1)).to.deep.equal([]);
    expect(await lately.before('alice', NOW + 1)).to.deep.equal([MODEL]);
  });
});
