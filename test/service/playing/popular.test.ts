import { expect } from 'chai';
import { OPEN } from '../../../domain/friendship/privacy.ts';
import { popularAmongFriends } from '../../../service/playing/popular.ts';
import type { Friend } from '../../../store/friendship/friends.ts';
import type { Stores } from '../../../store/stores.ts';
import { useRedis } from '../../support/redis.ts';

const NOW = 1_800_000_000_000;
const BEFORE = NOW - 60_000;
const VIEWER: Friend = {
  id: 'viewer',
  jid: 'viewer@op.example',
  name: 'Viewer',
  groups: ['Work'],
  since: NOW - 30_000,
};

describe('what is popular', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(() => {
    stores = server.freshStores();
  });

  const popular = () => popularAmongFriends({ stores, config: { popular: 'on' } as never, now: () => NOW }, 'viewer');

  /** A friend of the viewer, as its own end of the pair has it, that has played these. */
  async function befriend(id: string, own: Friend, ...played: [title: string, at: number][]): Promise<void> {
    const changes = { unset: [], dirty: [], bar: [], unbar: [] };
    await server.redis.hSet(stores.keys.subscriber(id), 'state', 'active');
    await stores.friends.write(id, { ...changes, set: [own] }, NOW);
    const theirs = { id, jid: `${id}@op.example`, name: id, groups: [], since: 1 };
    await stores.friends.write('viewer', { ...changes, set: [theirs] }, NOW);
    for (const [title, at] of played) {
      const playing = { device: 'phone', tune: { kind: 'audio' as const, title }, since: at, expiresAt: at + 1 };
      await stores.recent.note(id, { playing, privacy: OPEN });
    }
  }

  it('tells whoever owns two of three friends nothing that the third has played before they were friends', async () => {
    await befriend('own-1', { ...VIEWER, since: 1 }, ['Secret', BEFORE], ['Shown', NOW]);
    await befriend('own-2', { ...VIEWER, since: 1 }, ['Secret', BEFORE], ['Shown', NOW]);
    await befriend('somebody', VIEWER, ['Secret', BEFORE], ['Shown', NOW]);
    expect(await popular()).to.deep.equal([{ kind: 'audio', title: 'Shown', friends: 3 }]);
  });

  it('counts nothing that is played after a block, which comes while it is read', async () => {
    for (const id of ['own-1', 'own-2']) await befriend(id, VIEWER, ['Secret', NOW]);
    await befriend('somebody', VIEWER);
    const { of } = stores.recent;
    stores.recent.of = async (...asked) => {
      await stores.privacies.put('somebody', OPEN, [{ subscriberId: 'viewer' }], undefined, NOW);
      const playing = {
        device: 'phone',
        tune: { kind: 'audio' as const, title: 'Secret' },
        since: NOW,
        expiresAt: NOW + 1,
      };
      await stores.recent.note('somebody', { playing, privacy: OPEN });
      return of(...asked);
    };
    expect(await popular()).to.deep.equal([]);
  });

  it('counts nobody of whom it is not known since when they are friends', async () => {
    const { since: _unknown, ...undated } = VIEWER;
    for (const id of ['own-1', 'own-2']) await befriend(id, VIEWER, ['Shown', NOW]);
    await befriend('somebody', undated, ['Shown', NOW]);
    expect(await popular()).to.deep.equal([]);
  });
});
