import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { REDIS_KINDS, useRedis } from '../support/redis.ts';

for (const kind of REDIS_KINDS)
  describe(`the audit entry of a tune, on ${kind}`, () => {
    const server = useRedis(kind);
    let gateway: TestGateway;
    let url: string;

    before(async () => {
      gateway = await openTestGateway(server);
      url = `/v1/subscribers/${await gateway.join('+8613800138000')}/now-playing`;
    });

    after(async () => gateway?.stop());

    async function statuses(method: 'PUT' | 'DELETE', payload?: object): Promise<number[]> {
      const correlator = randomUUID();
      const headers = { ...gateway.operator, 'x-correlator': correlator };
      const { status } = await gateway.call({ method, url, headers, ...(payload && { payload }) });
      const { entries } = await gateway.stores.audit.read({ trail: 'known', limit: 100 });
      return [status, ...entries.filter((entry) => entry.correlator === correlator).map((entry) => entry.status)];
    }

    it('is there once, whether it is written with the tune or after it', async () => {
      expect(await statuses('PUT', { kind: 'audio', title: 'Song' })).to.deep.equal([202, 202]);
      expect(await statuses('DELETE')).to.deep.equal([204, 204]);
      expect(await statuses('PUT', { kind: 'audio' })).to.deep.equal([400, 400]);
    });
  });
