import { expect } from 'chai';
import { EVENT_TYPES } from '../../domain/subscription/event-types.ts';
import { queueOf } from '../../store/due/makes-due.ts';
import { KEPT, MOST_SUBSCRIPTIONS, type Subscription } from '../../store/subscription/subscription-record.ts';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { die } from '../support/measure/watched-stores.ts';
import { useRedis } from '../support/redis.ts';

describe('a subscription', () => {
  const server = useRedis();
  let gateway: TestGateway;

  beforeEach(async () => {
    gateway = await openTestGateway(server, { EARSHOT_SINK_ALLOW: '127.0.0.1' });
  });
  afterEach(async () => gateway?.stop());

  it('begins though the gateway dies as soon as it is made', async () => {
    const { stores, operator, post } = gateway;
    stores.watched.begin = die;
    const wanted = { protocol: 'HTTP', sink: 'http://127.0.0.1:9/', types: EVENT_TYPES };
    expect((await post('/v1/subscriptions', wanted, undefined, operator)).status).to.equal(500);
    const [made] = await stores.subscriptions.list();
    expect(made?.status).to.equal('ACTIVATION_REQUESTED');
    expect(await stores.due.isMarked(queueOf('sinkAsked'), made?.id ?? '')).to.equal(true);
  });

  it('is refused after many that are over until a time that is said', async () => {
    const { stores, operator, post } = gateway;
    const wanted = { protocol: 'HTTP', sink: 'http://127.0.0.1:9/', types: EVENT_TYPES };
    const make = () => post('/v1/subscriptions', wanted, undefined, operator);
    for (let i = 0; i < MOST_SUBSCRIPTIONS.over; i += 1) expect((await make()).status).to.equal(201);
    const full = await make();
    expect([full.status, full.headers['retry-after']]).to.deep.equal([409, undefined]);
    const all = await stores.subscriptions.list();
    const ago = (seconds: number) => Date.now() - KEPT + seconds * 1_000;
    for (const [i, { id }] of all.entries())
      await stores.subscriptions.change(id, (one) => ({
        ...{ ...one, status: 'DELETED' },
        ended: { reason: 'SUBSCRIPTION_DELETED', at: ago(3_600 + i) },
      }));
    const worn = await make();
    expect(worn.status).to.equal(409);
    expect(Number(worn.headers['retry-after'])).to.be.within(1, 3_600);
    const [time = ''] = /\d{4}-[\d:.T-]+Z/.exec(`${worn.body.detail}`) ?? [];
    expect(Date.parse(time)).to.be.within(ago(3_000) + KEPT, ago(3_600) + KEPT);
    await stores.subscriptions.forget(all[0] as Subscription);
    expect((await make()).status).to.equal(201);
  });
});
