import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import fastify, { type FastifyInstance } from 'fastify';
import { obeyShutdown, type Shutdown, shutDown } from '../../../gateway/connection/shutdown.ts';
import { answerProblems } from '../../../gateway/http/problem.ts';
import { eventually } from '../../support/eventually.ts';

describe('gateway/connection/shutdown', () => {
  let app: FastifyInstance;
  let shutdown: Shutdown;
  let port: number;
  let answerSlow: () => void;
  let slowCame: Promise<void>;

  beforeEach(async () => {
    app = fastify({ forceCloseConnections: 'idle', return503OnClosing: false });
    shutdown = { announced: false, refuses: false };
    answerProblems(app);
    obeyShutdown(app, shutdown);
    app.get('/', async () => 'here');
    let came = () => {};
    slowCame = new Promise((resolve) => {
      came = resolve;
    });
    app.get('/slow', (_request, reply) => {
      answerSlow = () => void reply.send('at last');
      came();
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    port = (app.server.address() as AddressInfo).port;
  });

  afterEach(() => app.close());

  function open(): { socket: Socket; heard(): string; ask(path: string): void } {
    let heard = '';
    const socket = connect(port, '127.0.0.1');
    socket
      .on('error', () => {})
      .on('data', (data) => {
        heard += data;
      });
    return { socket, heard: () => heard, ask: (path) => socket.write(`GET ${path} HTTP/1.1\r\nHost: earshot\r\n\r\n`) };
  }

  it('answers what is under way, refuses what comes on its connection, lets nobody in, and leaves nobody connected', async () => {
    const [busy, idle] = [open(), open()];
    idle.ask('/');
    await eventually(() => expect(idle.heard()).to.contain('here'));
    busy.ask('/slow');
    await slowCame;
    const ended = shutDown(app, shutdown, 0);
    await once(idle.socket, 'close');
    await eventually(async () => {
      const late = open();
      await new Promise((resolve) => late.socket.once('close', resolve));
      expect(late.heard()).to.equal('');
    });
    answerSlow();
    await ended;
    await eventually(() => expect(busy.heard()).to.match(/^HTTP\/1.1 200 OK[\s\S]*connection: close[\s\S]*at last/i));
  });

  it('takes everything while its end is only announced, and then refuses it in words', async () => {
    const [early, late] = [open(), open()];
    // Longer than this process may stand still while two calls come in.
    const ended = shutDown(app, shutdown, 2_500);
    expect(shutdown).to.deep.equal({ announced: true, refuses: false });
    early.ask('/');
    await eventually(() => expect(early.heard()).to.match(/^HTTP\/1.1 200 /));
    late.ask('/slow');
    await slowCame;
    await eventually(() => expect(shutdown.refuses).to.equal(true));
    late.ask('/');
    answerSlow();
    await ended;
    await eventually(() => expect(late.heard()).to.match(/^HTTP\/1.1 200 [\s\S]*connection: close/i));
  });

  it('does not wait for ever for what is never answered', async () => {
    const busy = open();
    busy.ask('/slow');
    await slowCame;
    await shutDown(app, shutdown, 0, 100);
    await sleep(0);
    expect(busy.heard()).to.equal('');
  });
});
