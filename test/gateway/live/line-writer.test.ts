import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createLineWriter, type LineWriter } from '../../../gateway/live/line-writer.ts';
import { frame } from '../../../gateway/live/lines.ts';

describe('gateway/live/line-writer', () => {
  it('keeps nothing of what the client sent to open the stream, which goes on', async () => {
    const opened: { request: IncomingMessage; writer: LineWriter }[] = [];
    const closed = new Promise<void>((resolve) => {
      server.on('request', (request, response) => {
        const calls = { drained: () => {}, closed: resolve };
        opened.push({ request, writer: createLineWriter(response, { 'content-type': 'text/event-stream' }, calls) });
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
    one?.writer.write(frame('first\n\n'));
    one?.writer.write(frame('second\n\n'));
    one?.writer.end();
    expect(await answer.text()).to.equal('first\n\nsecond\n\n');
    await closed;
  });

  const server = createServer();
  after(() => server.close());
});
