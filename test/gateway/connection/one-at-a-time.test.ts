import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect } from 'chai';
import fastify, { type FastifyInstance } from 'fastify';
import { MOST_WAITING, takeOneAtATime } from '../../../gateway/connection/one-at-a-time.ts';
import { eventually } from '../../support/eventually.ts';

const get = (n: number) => `GET /${n} HTTP/1.1\r\nhost: earshot\r\n\r\n`;

describe('gateway/connection/one-at-a-time', () => {
  let app: FastifyInstance;
  let socket: Socket;
  let answers: string;
  let isClosed: boolean;
  /** What was begun, and how to answer it, in the order of beginning. */
  let begun: { path: string; answer(): void }[];

  beforeEach(async () => {
    app = fastify();
    takeOneAtATime(app.server);
    begun = [];
    app.get('/*', (request, reply) => {
      begun.push({ path: request.url, answer: () => void reply.send(request.url) });
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    answers = '';
    isClosed = false;
    socket = open();
    socket.setEncoding('utf8').on('data', (text: string) => {
      answers += text;
    });
    socket.on('close', () => {
      isClosed = true;
    });
  });

  afterEach(async () => {
    socket.destroy();
    app.server.closeAllConnections();
    await app.close();
  });

  const open = () => connect((app.server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  const paths = () => begun.map(({ path }) => path);
  const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);

  it('begins what was sent ahead when the one before it is answered, and other connections at once', async () => {
    socket.write(numbers(20).map(get).join(''));
    await eventually(() => expect(paths()).to.deep.equal(['/0']));
    const other = open();
    other.write(get(99));
    await eventually(() => expect(paths()).to.deep.equal(['/0', '/99']));
    other.destroy();
    begun.splice(1);
    for (const n of numbers(20)) {
      await eventually(() => expect(paths()).to.have.length(n + 1));
      begun[n]?.answer();
    }
    await eventually(() => expect(answers.match(/^\/\d+/gm)).to.deep.equal(numbers(20).map((n) => `/${n}`)));
    socket.write(get(20));
    await eventually(() => expect(paths().at(-1)).to.equal('/20'));
  });

  it('cuts off who sends ahead more than may wait, and begins none of it', async () => {
    socket.write(
      numbers(MOST_WAITING + 2)
        .map(get)
        .join(''),
    );
    await eventually(() => expect(isClosed).to.equal(true));
    begun[0]?.answer();
    expect(paths()).to.deep.equal(['/0']);
  });
});
