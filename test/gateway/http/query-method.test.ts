import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import fastify, { type FastifyInstance } from 'fastify';
import { answerProblems } from '../../../gateway/http/problem.ts';
import { nameQuery } from '../../../gateway/http/query-method.ts';

describe('gateway/http/query-method', () => {
  let app: FastifyInstance;

  beforeEach(async () => {
    app = fastify();
    answerProblems(app);
    nameQuery(app.server);
    // As Node.js 20.19 of Debian 13 does; where the tests run on that, it is done already.
    app.server.prependListener('request', (request: IncomingMessage) => {
      if (request.method === 'QUERY') request.method = undefined;
    });
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('limited', 'yes');
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
  });

  afterEach(() => app.close());

  it('has a request with it pass what every other passes', async () => {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    const head = 'Host: earshot.example\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close';
    socket.write(`QUERY /nowhere HTTP/1.1\r\n${head}\r\n\r\n{}`);
    const [answer] = await once(socket, 'data');
    socket.destroy();
    expect(`${answer}`).to.match(/^HTTP\/1.1 404 Not Found\r\n/);
    expect(`${answer}`).to.include('limited: yes').and.to.include('"code":"NOT_FOUND"');
  });
});
