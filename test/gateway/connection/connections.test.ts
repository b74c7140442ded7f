import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import fastify, { type FastifyInstance } from 'fastify';
import { connectionOptions, cutOffSlowAndLong } from '../../../gateway/connection/connections.ts';
import { eventually } from '../../support/eventually.ts';

/** Milliseconds for a head, and for a body. */
const PATIENCE = 1_000;
const HEAD = 'POST / HTTP/1.1\r\nhost: earshot\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n';
const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: earshot\r\n\r\n`;
/** More than the kernel takes for a connection that nobody reads. */
const LARGE = Buffer.alloc(8 * 1024 * 1024, 'x');
const REQUEST = `${HEAD}{"a":1}`;

describe('gateway/connection/connections', () => {
  let app: FastifyInstance;
  let socket: Socket;
  let answer: string;
  /** Called when the server has read a part of the head, and when it waits for the body. */
  let onPart: { head?: () => void; body?: () => void };

  beforeEach(async () => {
    app = fastify({ http: { headersTimeout: PATIENCE, connectionsCheckingInterval: 100 }, ...connectionOptions });
    cutOffSlowAndLong(app, { body: PATIENCE, unread: PATIENCE });
    onPart = {};
    app.server.once('connection', (theirs: Socket) => theirs.once('data', () => onPart.head?.()));
    app.addHook('preParsing', async () => onPart.body?.());
    app.post('/', async ({ body }) => body);
    app.get('/large', async () => LARGE);
    app.get('/late', async () => {
      await sleep(2 * PATIENCE);
      return 'made';
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    answer = '';
    socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
  });

  afterEach(async () => {
    socket.destroy();
    await app.close();
  });

  function standStill(): void {
    for (const end = Date.now() + 2 * PATIENCE; Date.now() < end; );
  }

  for (const [what, length] of [
    ['head', 20],
    ['body', HEAD.length + 3],
  ] as const) {
    it(`cuts off who sends no whole ${what} in time`, async () => {
      socket.write(REQUEST.slice(0, length));
      await eventually(() => expect(answer).to.match(/^HTTP\/1.1 408 /));
    });

    it(`blames nobody whose ${what} came while the process stood still`, async () => {
      onPart[what] = () => {
        socket.write(REQUEST.slice(length));
        standStill();
      };
      socket.write(REQUEST.slice(0, length));
      await eventually(() => expect(answer).to.not.equal(''));
      expect(answer).to.match(/^HTTP\/1.1 200 /);
    });
  }

  it('cuts off who reads nothing of an answer', async () => {
    const closed = once(app.server, 'connection').then(([theirs]) => once(theirs as Socket, 'close'));
    socket.pause().write(get('/large'));
    await closed;
  });

  it('waits for an answer that takes long to be made', async () => {
    socket.write(get('/late'));
    await eventually(() => expect(answer).to.match(/^HTTP\/1.1 200 .*made$/s));
  });
});
