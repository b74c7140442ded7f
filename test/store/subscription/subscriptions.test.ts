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
  const end = (id: string) =>
    stores.subscriptions.change(id, (seen) => ({
      ...{ ...seen, status: 'DELETED' },
      ended: { reason: 'SUBSCRIPTION_DELETED', at: Date.now() },
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

  it('hold nobody’s erasure when the last of them has ended', async () => {
    for (const id of ['the first', 'the last']) await stores.watched.begin(id);
    await stores.due.postpone(WATCHED, 'alice', Date.now());
    await stores.watched.end('the first');
    expect(await stores.due.isMarked(WATCHED, 'alice')).to.equal(true);
    await stores.watched.end('the last');
    expect(await stores.due.isMarked(WATCHED, 'alice')).to.equal(false);
  });
});
