import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createApi } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { openEvents } from '../../support/http/event-stream.ts';
import { useRedis } from '../../support/redis.ts';

describe('an event stream', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let gatewayUrl: string;

  before(async () => {
    gateway = await openTestGateway(server);
    await gateway.app.listen({ port: 0, host: '127.0.0.1' });
    gatewayUrl = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
  });

  after(async () => {
    // Node takes the connection of a stream for one that is in use.
    gateway?.app.server.closeAllConnections();
    await gateway?.stop();
  });

  /** What the gateway's metrics say of event streams. */
  async function counts() {
    const { requests, streams, openStreams } = gateway.context.metrics;
    const values = (await requests.get()).values as {
      metricName?: string;
      value: number;
      labels: { route?: unknown };
    }[];
    const measured = values
      .filter(({ metricName, labels }) => metricName?.endsWith('_count') && `${labels.route}`.endsWith('/events'))
      .reduce((sum, { value }) => sum + value, 0);
    const [opened, open] = [(await streams.get()).values[0]?.value, (await openStreams.get()).values[0]?.value];
    return { measured, opened, open };
  }

  it('is counted and measured once, when it begins, whoever ends it', async () => {
    const operator = createApi({ gatewayUrl, operatorKey: gateway.operator.authorization.replace('Bearer ', '') });
    const id = await gateway.join('+8613800138000');
    const issue = async () =>
      (await operator.expectStatus(201, operator.call('POST', `/v1/subscribers/${id}/tokens`))).body;
    const [own, lost] = [await issue(), await issue()];
    const [left, cut] = [
      await openEvents({ gatewayUrl }, { token: String(own.token) }),
      await openEvents({ gatewayUrl }, { token: String(lost.token) }),
    ];
    await Promise.all([left, cut].map((stream) => stream.next('friends', () => {})));
    expect(await counts()).to.deep.equal({ measured: 2, opened: 2, open: 2 });
    left.close();
    await operator.expectStatus(204, operator.call('DELETE', `/v1/subscribers/${id}/tokens/${lost.tokenId}`));
    await eventually(() => expect(cut.ended()).to.equal(true));
    await eventually(async () => expect(await counts()).to.deep.equal({ measured: 2, opened: 2, open: 0 }));
  });
});
