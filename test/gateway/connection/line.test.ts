import { type AddressInfo, connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import fastify, { type FastifyInstance } from 'fastify';
import { formLine, type Line, MOST_A_TURN, MOST_BESIDE_A_CONNECTION } from '../../../gateway/connection/line.ts';
import { eventually } from '../../support/eventually.ts';

const CALLERS = 6 * MOST_A_TURN;

describe('gateway/connection/line', () => {
  let app: FastifyInstance;
  let line: Line;
  let time: number;
  let sockets: Socket[];
  let answers: number;
  let turn: number;
  let isOver: boolean;
  /** In which turn of the event loop each was begun, and for how long, in milliseconds, the next one had stood in line then. */
  let begun: { path: string; turn: number; standing: number; wait: number }[];

  beforeEach(async () => {
    app = fastify();
    line = formLine(app, () => time);
    [time, turn, answers, isOver, sockets, begun] = [0, 0, 0, false, [], []];
    const note = async ({ url: path }: { url: string }) => {
      begun.push({ path, turn, standing: line.length(), wait: line.wait() });
      return '';
    };
    app.get('/call', note);
    app.get('/probe', { config: { unlimited: true } }, note);
    app.delete('/probe', note);
    await app.listen({ host: '127.0.0.1', port: 0 });
  });

  afterEach(async () => {
    isOver = true;
    for (const socket of sockets) socket.destroy();
    await app.close();
  });

  function open(): Socket {
    const { port } = app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.on('data', () => {
      answers += 1;
    });
    sockets.push(socket);
    return socket;
  }

  async function openAll(): Promise<void> {
    for (let i = 0; i < CALLERS; i += 1) open();
    const count = promisify(app.server.getConnections.bind(app.server));
    await eventually(async () => expect(await count()).to.equal(CALLERS));
  }

  /** A turn ends when what was read in it has been begun. A millisecond goes by in each. */
  async function countTurns(): Promise<void> {
    while (!isOver) {
      await nextTurn();
      turn += 1;
      time += 1;
    }
  }

  /** What is sent in one turn is read in the next one, as nothing lies between the two ends. */
  const call = (socket: Socket | undefined, path: string, method = 'GET') =>
    socket?.write(`${method} ${path} HTTP/1.1\r\nhost: earshot\r\n\r\n`);
  const countsOf = (all: readonly number[]) =>
    [...new Set(all)].map((value) => all.filter((one) => one === value).length);

  it('begins few calls a turn, and all in the end, and says how many stand in line and for how long', async () => {
    await openAll();
    void countTurns();
    await nextTurn();
    for (const socket of sockets) call(socket, '/call');
    await eventually(() => expect(answers).to.equal(CALLERS));
    // Some as they come, and some at the turn's end.
    expect(Math.max(...countsOf(begun.map((one) => one.turn)))).to.be.at.most(2 * MOST_A_TURN);
    expect(Math.max(...begun.map(({ standing }) => standing))).to.be.above(0);
    expect(Math.max(...begun.map(({ wait }) => wait))).to.be.above(0);
    expect([line.length(), line.wait()]).to.deep.equal([0, 0]);
  });

  it('begins fewer while connections come in, as one comes in for each turn', async () => {
    await openAll();
    await eventually(async () => {
      await crowd();
      // Those that are begun together leave the same number behind.
      const together = countsOf(begun.map(({ standing }) => standing).filter((standing) => standing > 0));
      expect(together).to.include(MOST_BESIDE_A_CONNECTION);
    });

    async function crowd(): Promise<void> {
      [begun, answers] = [[], 0];
      for (const socket of sockets.slice(0, CALLERS)) call(socket, '/call');
      open();
      await eventually(() => expect(answers).to.equal(CALLERS));
    }
  });

  it('begins a probe before those who stand in line', async () => {
    await openAll();
    await eventually(async () => {
      [begun, answers] = [[], 0];
      for (const socket of sockets.slice(1)) call(socket, '/call');
      call(sockets[0], '/probe');
      await eventually(() => expect(answers).to.equal(CALLERS));
      expect(begun.find(({ path }) => path === '/probe')?.standing).to.be.above(0);
    });
  });

  it('has whatever else is asked of a probe’s path stand in line', async () => {
    await openAll();
    await eventually(async () => {
      [begun, answers] = [[], 0];
      for (const socket of sockets.slice(1)) call(socket, '/call');
      call(sockets[0], '/probe', 'DELETE');
      await eventually(() => expect(answers).to.equal(CALLERS));
      expect(begun.at(-1)).to.include({ path: '/probe', standing: 0 });
    });
  });
});
