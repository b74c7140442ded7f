import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { writeTogether } from '../../../component/stream/together.ts';

describe('component/stream/together', () => {
  const server = createServer();
  let socket: Socket;
  let received: Promise<string>;
  let writes: number;
  let entity: { socket: Socket | null; write(text: string): Promise<void> };

  beforeEach(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection') as Promise<[Socket]>;
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [peer] = await accepted;
    received = (async () => {
      let text = '';
      for await (const piece of peer) text += piece;
      return text;
    })();
    writes = 0;
    for (const name of ['_write', '_writev'] as const) {
      const write = socket[name] as (...args: unknown[]) => void;
      socket[name] = (...args: unknown[]) => {
        writes += 1;
        write.apply(socket, args);
      };
    }
    entity = {
      socket,
      write: (text) =>
        new Promise((resolve, reject) => void socket.write(text, (err) => (err ? reject(err) : resolve()))),
    };
    writeTogether(entity);
  });

  afterEach(async () => {
    socket.destroy();
    server.close();
    await once(server, 'close');
  });

  it('sends what is written in one turn in one piece and in its order, and tells each writer that it was sent', async () => {
    const sent = ['<a/>', '<b/>'].map(entity.write);
    // A turn has not ended while promises settle.
    await Promise.resolve().then(() => sent.push(entity.write('<ç/>')));
    await Promise.all(sent);
    expect(writes).to.equal(1);
    await entity.write('<d/>');
    expect(writes).to.equal(2);
    socket.end();
    expect(await received).to.equal('<a/><b/><ç/><d/>');
  });

  it('tells whoever writes into a connection that breaks before the turn has ended', async () => {
    const sent = entity.write('<a/>');
    socket.destroy();
    expect(
      await sent.then(
        () => 'sent',
        () => 'failed',
      ),
    ).to.equal('failed');
  });
});
