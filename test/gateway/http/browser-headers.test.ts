import { expect } from 'chai';
import { openTestGateway, type TestGateway } from '../../support/gateway.ts';
import { useRedis } from '../../support/redis.ts';

const PAGE = 'https://app.example';

describe('pages of another origin that is let in', () => {
  const server = useRedis();
  let gateway: TestGateway;

  before(async () => {
    gateway = await openTestGateway(server, { EARSHOT_CORS_ORIGINS: PAGE });
  });

  after(async () => gateway?.stop());

  it('may send a correlation id and a trace of their own with a tune', async () => {
    const asks = {
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'traceparent,x-correlator',
    };
    const { status, headers } = await gateway.call({
      method: 'OPTIONS',
      url: '/v1/subscribers/me/now-playing',
      headers: { origin: PAGE, ...asks },
    });
    expect([status, headers['access-control-allow-origin']]).to.deep.equal([204, PAGE]);
    const allowed = `${headers['access-control-allow-headers']}`.split(', ');
    expect(allowed).to.include.members(['authorization', 'traceparent', 'x-correlator']);
  });
});
