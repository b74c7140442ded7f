import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { createLineWriter, type LineWriter } from '../../../gateway/live/line-writer.ts';
import { frame } from '../../../gateway/live/lines.ts';

describe('gateway/live/line-writer', () => {
  it('keeps nothing of what the client sent to open the stream, nor of the head of its answer, and goes on', async () => {
    const opened: { request: IncomingMessage; response: ServerResponse; writer: LineWriter }[] = [];
    const closed = new Promise<void>((resolve) => {
      server.on('request', (request, response) => {
        const calls = { drained: () => {}, closed: resolve };
        const writer = createLineWriter(response, { 'content-type': 'text/event-stream' }, calls);
        opened.push({ request, response, writer });
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      headers: { authorization: `Bearer ${'x'.repeat(200)}` },
    });
    const [one] = opened;
    expect(answer.headers.get('content-type')).to.equal('text/event-stream');
    expect(one?.request.rawHeaders).to.deep.equal([]);
    expect(one?.request.headers).to.deep.equal({});
    expect(one?.request.url).to.equal('');
    expect(headOf(one?.response), 'of the answer').to.not.contain('event-stream');
    expect(one?.request.socket.on, 'of all sockets').to.equal(Duplex.prototype.on);
    one?.writer.write(frame('first\n\n'));
    one?.writer.write(frame('second\n\n'));
    one?.writer.end();
    expect(await answer.text()).to.equal('first\n\nsecond\n\n');
    await closed;
  });

  it('leaves a connection that goes on when the stream has ended, and is read as before', async () => {
    const bodies: string[] = [];
    const sockets = new Set<unknown>();
    const other = createServer(async (request, response) => {
      sockets.add(request.socket);
      if (request.method === 'GET') {
        const writer = createLineWriter(response, {}, { drained: () => {}, closed: () => {} });
        writer.write(frame('only\n\n'));
        return writer.end();
      }
      bodies.push(await text(request));
      response.end();
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      await once(other.listen(0, '127.0.0.1'), 'listening');
      const { port } = other.address() as AddressInfo;
      for (const body of ['', 'first', '', 'x'.repeat(200_000)]) {
        const asking = request({ host: '127.0.0.1', port, agent, method: body === '' ? 'GET' : 'POST' }).end(body);
        const [answer] = (await once(asking, 'response')) as [IncomingMessage];
        expect(await text(answer)).to.equal(body === '' ? 'only\n\n' : '');
      }
    } finally {
      agent.destroy();
      other.close();
    }
    expect(bodies.map(({ length }) => length)).to.deep.equal([5, 200_000]);
    expect(sockets.size).to.equal(1);
  });

  /** What Node keeps of it, which is not documented. */
  const headOf = (response: unknown) => (response as { _header?: string })._header;
  const server = createServer();
  after(() => server.close());
});
