import { expect } from 'chai';
import { WATCHED } from '../../../store/base/keys.ts';
import type { Stores } from '../../../store/stores.ts';
import { MOST_SUBSCRIPTIONS, type Subscription } from '../../../store/subscription/subscription-record.ts';
import { useRedis } from '../../support/redis.ts';

describe('subscriptions', () => {
  const server = useRedis();
  let stores: Stores;

  beforeEach(() => {
    stores = server.freshStores();
  });

  const one = (id: string): Subscription => ({
    ...{ id, owner: 'a-carrier', sink: 'https://sink.example/', kinds: [], secrets: [], initial: false },
    ...{ createdAt: Date.now(), status: 'ACTIVE' },
  });
  const end = (id: string, at = Date.now()) =>
    stores.subscriptions.change(id, (seen) => ({
      ...{ ...seen, status: 'DELETED' },
      ended: { reason: 'SUBSCRIPTION_DELETED', at },
    }));

  it('are few for each owner, and so are those that it has ended: they are kept for a day', async () => {
    const { each, over } = MOST_SUBSCRIPTIONS;
    const make = async (id: string) => stores.subscriptions.create(one(id));
    for (let i = 0; i < over; i += 1) {
      expect(await make(`ended ${i}`)).to.equal('ok');
      await end(`ended ${i}`);
    }
    expect(await make('after all these')).to.equal('worn');
    expect(await stores.subscriptions.firstForgotten('a-carrier')).to.be.within(Date.now(), Date.now() + 86_400_000);
    await stores.subscriptions.forget(one('ended 0'));
    for (let i = 0; i < each; i += 1) expect(await make(`open ${i}`), `${i}`).to.equal('ok');
    expect(await make('one more')).to.equal('full');
  });

  it('are so many of all, of which those that are over keep nobody out: the one that has been so the longest is forgotten', async () => {
    const { all, each } = MOST_SUBSCRIPTIONS;
    const of = (i: number): Subscription => ({ ...one(`${i}`), owner: `carrier ${Math.floor(i / each)}` });
    for (let i = 0; i < all; i += 1) expect(await stores.subscriptions.create(of(i))).to.equal('ok');
    const late = { ...one('late'), owner: 'late' };
    expect(await stores.subscriptions.create(late)).to.equal('crowded');
    expect(await stores.subscriptions.openStream({ ...late, sink: '' })).to.equal('crowded');
    await end('7', Date.now() - 1_000);
    await end('3', Date.now() - 2_000);
    expect(await stores.subscriptions.create(late)).to.equal('ok');
    expect(await stores.subscriptions.get('3')).to.equal(undefined);
    expect(await stores.subscriptions.get('7')).to.include({ status: 'DELETED' });
    expect(await stores.subscriptions.openStream({ ...late, id: 'stream', sink: '' })).to.equal('ok');
    expect(await stores.subscriptions.get('7')).to.equal(undefined);
    expect(await stores.subscriptions.create({ ...late, id: 'later' })).to.equal('crowded');
    expect(await stores.subscriptions.list()).to.have.length(all);
  });

  it('hold nobody’s erasure when the last of them has ended', async () => {
    for (const id of ['the first', 'the last']) await stores.watched.begin(id);
    await stores.due.postpone(WATCHED, 'alice', Date.now());
    await stores.watched.end('the first');
    expect(await stores.due.isMarked(WATCHED, 'alice')).to.equal(true);
    await stores.watched.end('the last');
    expect(await stores.due.isMarked(WATCHED, 'alice')).to.equal(false);
  });
});
