import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import fastify, { type FastifyInstance } from 'fastify';
import { requireOneHost } from '../../../gateway/http/one-host.ts';
import { answerProblems } from '../../../gateway/http/problem.ts';

describe('gateway/http/one-host', () => {
  let app: FastifyInstance;

  beforeEach(async () => {
    app = fastify();
    answerProblems(app);
    requireOneHost(app);
    app.get('/', async () => 'here');
    await app.listen({ host: '127.0.0.1', port: 0 });
  });

  afterEach(() => app.close());

  /** The status line. */
  async function ask(headers: string): Promise<string> {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
    const [answer] = await once(socket, 'data');
    socket.destroy();
    return `${answer}`.split('\r\n')[0] ?? '';
  }

  it('refuses two, of which a proxy may have gone by the other, and takes one', async () => {
    expect(await ask('Host: earshot.example\r\nhost: elsewhere.example\r\n')).to.equal('HTTP/1.1 400 Bad Request');
    expect(await ask('Host: earshot.example\r\n')).to.equal('HTTP/1.1 200 OK');
  });
});
