import { expect } from 'chai';
import type { Privacy } from '../../../domain/friendship/privacy.ts';
import { HISTORY } from '../../../domain/playing/popular.ts';
import type { Tune } from '../../../domain/playing/tune.ts';
import { useRedis } from '../../support/redis.ts';
import { addSubscriber } from '../../support/subscribers.ts';

const NOW = 1_700_000_000_000;
const FRIENDS: Privacy = { discoverable: true, audience: 'friends', privateUntil: null };
const tune = (title: string): Tune => ({ kind: 'audio', title, length: 200, source: 'An album' });
const playing = (title: string, at: number) => ({
  device: 'phone',
  tune: tune(title),
  since: at,
  expiresAt: at + 1,
});

describe('store/playing/recent', () => {
  const server = useRedis();

  async function join() {
    const stores = server.freshStores();
    const numbers = { phoneNumber: '+8613800138000', numberKey: 'AAAAAAAAAAAA' };
    const alice = { id: 'alice', ...numbers, jid: 'alice@op.example', displayName: '', state: 'pending' as const };
    await addSubscriber(stores, alice, NOW);
    return {
      stores,
      note: (title: string, at = NOW, audience: Privacy['audience'] = 'friends') =>
        stores.recent.note('alice', { playing: playing(title, at), privacy: { ...FRIENDS, audience } }),
      titles: async (now = NOW) =>
        ((await stores.recent.of(['alice'], now))[0] ?? []).map((played) => played.read().title).sort(),
      change: (changes: Partial<Privacy>) =>
        stores.privacies.put('alice', { ...FRIENDS, ...changes }, [], undefined, NOW),
    };
  }

  it('keeps a piece once, without what friends need not know of it, for seven days', async () => {
    const { stores, note, titles } = await join();
    for (const [title, at] of [
      ['Jóga', NOW],
      ['Other', NOW - 1],
      ['JÓGA', NOW + 5],
    ] as const)
      await note(title, at);
    expect(await titles()).to.deep.equal(['JÓGA', 'Other']);
    const [[first] = []] = await stores.recent.of(['alice'], NOW);
    expect(first?.read()).to.deep.equal({ kind: 'audio', title: 'JÓGA' });
    expect(await titles(NOW + HISTORY)).to.deep.equal(['JÓGA']);
    expect(await server.redis.pTTL(stores.keys.recent('alice'))).to.be.within(HISTORY - 10_000, HISTORY);
  });

  it('keeps fifty pieces, the newest', async () => {
    const { note, titles } = await join();
    for (let i = 0; i < 52; i += 1) await note(`${i + 100}`, NOW + (i === 30 ? -1 : i));
    const kept = await titles();
    expect(kept).to.have.length(50);
    expect(kept).to.include('102').and.not.include('130').and.not.include('100');
  });

  it('begins anew when the audience changes, and takes nothing that the one before was shown', async () => {
    const { note, titles, change } = await join();
    const audience = { groups: ['Family'] };
    await note('For all');
    await change({ privateUntil: NOW + 1_000 });
    expect(await titles(), 'another setting').to.deep.equal(['For all']);
    await note('Off the record');
    expect(await titles(), 'in a private session that began meanwhile').to.deep.equal(['For all']);
    await change({ audience });
    expect(await titles()).to.deep.equal([]);
    await note('Too late for all', NOW, 'friends');
    await note('For the family', NOW, audience);
    expect(await titles()).to.deep.equal(['For the family']);
    await change({});
    expect(await titles()).to.deep.equal([]);
  });

  it('takes nothing of who leaves', async () => {
    const { stores, note, titles } = await join();
    await stores.subscribers.leave('alice', NOW);
    await note('Goodbye');
    expect(await titles()).to.deep.equal([]);
  });
});
