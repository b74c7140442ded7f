import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { MOST_CARRIER_STREAMS } from '../../../gateway/routes/events.ts';
import { eventually } from '../../support/eventually.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { bearer } from '../../support/http/credentials.ts';
import { useRedis } from '../../support/redis.ts';

/** Streams beyond what a gateway holds. */
const BEYOND = 10;

describe('the places of a gateway for event streams of credentials', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let port: number;

  before(async () => {
    gateway = await openTestGateway(server);
    await gateway.app.listen({ port: 0, host: '127.0.0.1' });
    port = (gateway.app.server.address() as AddressInfo).port;
  });

  after(async () => {
    await gateway?.stop();
  });

  async function newCredential(name: string): Promise<Record<string, string>> {
    const wanted = { name, scopes: ['subscriptions:write' as const, 'subscribers:read' as const], ranges: [] };
    const made = await gateway.stores.credentials.create(wanted, gateway.now());
    return bearer((made as { key: string }).key);
  }

  /** The answer, of which nothing is read. */
  async function open(headers: Record<string, string>): Promise<IncomingMessage> {
    const asking = request({ host: '127.0.0.1', port, path: '/v1/events', headers, agent: false }).end();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    answer.on('error', () => {});
    return answer;
  }

  it('are as many as there are, however many streams open in one moment', async () => {
    const names = Array.from({ length: MOST_CARRIER_STREAMS + BEYOND }, (_, i) => `Carrier ${i}`);
    const answers = await Promise.all((await Promise.all(names.map(newCredential))).map(open));
    const [opened = [], refused = []] = [200, 503].map((one) => answers.filter(({ statusCode }) => statusCode === one));
    expect([opened.length, refused.length]).to.deep.equal([MOST_CARRIER_STREAMS, BEYOND]);
    for (const { headers } of refused) expect(headers['retry-after']).to.equal('30');
    opened[0]?.destroy();
  });

  it('are given back by a stream that ends, and by whoever gets none', async () => {
    const { sinkWork, subscriptions } = gateway.stores;
    const [{ takeOver }, { openStream }] = [sinkWork, subscriptions];
    const ask = () => gateway.call({ method: 'GET', url: '/v1/events', headers: gateway.operator });
    subscriptions.openStream = async () => 'crowded';
    // One place is free, or will be.
    await eventually(async () => expect((await ask()).body.detail).to.contain('as many subscriptions'));
    subscriptions.openStream = openStream;
    sinkWork.takeOver = async () => {
      throw new Error('Redis has said no.');
    };
    expect((await ask()).status).to.equal(500);
    sinkWork.takeOver = takeOver;
    expect((await open(gateway.operator)).statusCode).to.equal(200);
    expect((await ask()).headers['retry-after'], 'of one more').to.equal('30');
  });
});
