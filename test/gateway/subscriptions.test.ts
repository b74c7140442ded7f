import { expect } from 'chai';
import { EVENT_TYPES } from '../../domain/subscription/event-types.ts';
import { queueOf } from '../../store/due/makes-due.ts';
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
});
