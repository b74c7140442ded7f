import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { connectApi } from '../../../local/demo/api.ts';

describe('local/demo/api', () => {
  let server: Server;
  after(() => server?.close());

  it('asks again what the gateway cannot answer at present, so that the demo starts on a busy machine', async () => {
    const answers = [503, 503, 201];
    const seen: string[] = [];
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      response.writeHead(answers.shift() ?? 500, { 'content-type': 'application/json' }).end('{"code": "X"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const api = connectApi(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, 'key');
    expect(await api('POST', '/subscribers', {})).to.deep.equal({ status: 201, body: { code: 'X' } });
    expect(seen).to.deep.equal(Array(3).fill('POST /v1/subscribers'));
  });
});
