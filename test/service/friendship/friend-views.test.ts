import { expect } from 'chai';
import { OPEN, type Privacy } from '../../../domain/friendship/privacy.ts';
import { friendViews } from '../../../service/friendship/friend-views.ts';
import { popularAmongFriends } from '../../../service/playing/popular.ts';
import type { Friend } from '../../../store/friendship/friends.ts';
import type { Blocked } from '../../../store/friendship/privacy.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';

const NOW = 1_800_000_000_000;
const FRIENDS = ['alice', 'bob', 'carol'];
const friendOf = (id: string): Friend => ({ id, jid: `${id}@op.example`, name: id, groups: [], since: 1 });

describe('what friends are shown in a list', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(async () => {
    stores = server.freshStores();
    const changes = { unset: [], dirty: [], bar: [], unbar: [] };
    await stores.friends.write('viewer', { ...changes, set: FRIENDS.map(friendOf) }, NOW);
    for (const id of FRIENDS) {
      const record = { state: 'active', jid: `${id}@op.example`, phoneNumber: '+8613800138000', numberKey: id };
      await server.redis.hSet(stores.keys.subscriber(id), record);
      await stores.friends.write(id, { ...changes, set: [friendOf('viewer')] }, NOW);
      await play(id, 'Shared');
    }
  });

  async function play(id: string, title: string): Promise<void> {
    const playing = { device: 'phone', tune: { kind: 'audio' as const, title }, since: NOW, expiresAt: NOW + 60_000 };
    await stores.nowPlaying.play(id, playing, NOW, { shown: { playing, privacy: OPEN } });
  }
  const put = (id: string, privacy: Partial<Privacy>, blocked: Blocked[]) =>
    stores.privacies.put(id, { ...OPEN, ...privacy }, blocked, undefined, NOW);
  const titles = async (by = stores) => {
    const views = await friendViews(by, 'viewer', FRIENDS.map(friendOf), NOW);
    return views.map(({ name, nowPlaying }) => [name, nowPlaying?.title ?? null]);
  };
  const shared = (...names: string[]) => names.map((name) => [name, 'Shared']);
  const popular = () => popularAmongFriends({ stores, config: { popular: 'on' } as never, now: () => NOW }, 'viewer');

  it('is nothing of who has blocked them, not even the name, from the moment at which that is stored, although nobody has decided the pair', async () => {
    expect(await titles()).to.deep.equal(shared(...FRIENDS));
    expect(await popular()).to.deep.equal([{ kind: 'audio', title: 'Shared', friends: 3 }]);
    await put('alice', {}, [{ subscriberId: 'viewer' }]);
    await play('alice', 'After');
    expect(await titles()).to.deep.equal(shared('bob', 'carol'));
    expect(await popular()).to.deep.equal([]);
  });

  it('is no tune from after a change of consent by what held before', async () => {
    const late = {
      ...stores,
      nowPlaying: {
        ...stores.nowPlaying,
        async readMany(ids: readonly string[]) {
          await put('alice', { audience: 'nobody' }, []);
          await play('alice', 'After');
          return stores.nowPlaying.readMany(ids);
        },
      },
    };
    expect(await titles(late)).to.deep.equal([['alice', null], ...shared('bob', 'carol')]);
  });
});
