import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import fastify, { type FastifyInstance } from 'fastify';
import {
  connectionOptions,
  cutOffSlowAndLong,
  httpOptions,
  refuseTunnels,
} from '../../../gateway/connection/connections.ts';
import { takeOneAtATime } from '../../../gateway/connection/one-at-a-time.ts';
import { refuseExpectations } from '../../../gateway/http/expectations.ts';
import { requireOneHost } from '../../../gateway/http/one-host.ts';
import { answerProblems, answerRouterError } from '../../../gateway/http/problem.ts';

const HOST = 'Host: earshot.example\r\n';
const END = 'Connection: close\r\n\r\n';

/** Everything that whoever reaches the port can be refused for before there is a call. */
const REFUSED: [what: string, request: string, status: number, code: string][] = [
  ['no HTTP', '\x16\x03\x01 hello\r\n\r\n', 400, 'INVALID_ARGUMENT'],
  ['a version that is not spoken', `GET / HTTP/3.7\r\n${HOST}${END}`, 400, 'INVALID_ARGUMENT'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'INVALID_ARGUMENT'],
  ['a method that there is nowhere', `BREW / HTTP/1.1\r\n${HOST}${END}`, 400, 'INVALID_ARGUMENT'],
  ['a method that this server has not', `PROPFIND / HTTP/1.1\r\n${HOST}${END}`, 404, 'NOT_FOUND'],
  ['a method of a proxy', `CONNECT earshot.example:443 HTTP/1.1\r\n${HOST}${END}`, 400, 'INVALID_ARGUMENT'],
  ['no host', `GET / HTTP/1.1\r\n${END}`, 400, 'INVALID_ARGUMENT'],
  ['two hosts', `GET / HTTP/1.1\r\n${HOST}Host: elsewhere.example\r\n${END}`, 400, 'INVALID_ARGUMENT'],
  ['another expectation', `GET / HTTP/1.1\r\n${HOST}Expect: magic\r\n${END}`, 417, 'EXPECTATION_FAILED'],
  ['a path that is not well-formed', `GET /%E0%A4%A HTTP/1.1\r\n${HOST}${END}`, 400, 'INVALID_ARGUMENT'],
  ['a long path', `GET /?${'x'.repeat(3_000)} HTTP/1.1\r\n${HOST}${END}`, 414, 'URI_TOO_LONG'],
  ['a long part of a path', `GET /for/${'x'.repeat(200)} HTTP/1.1\r\n${HOST}${END}`, 414, 'URI_TOO_LONG'],
  ['large headers', `GET / HTTP/1.1\r\n${HOST}X-Large: ${'x'.repeat(17_000)}\r\n${END}`, 431, 'HEADERS_TOO_LARGE'],
  [
    'two lengths',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n${END}x`,
    400,
    'INVALID_ARGUMENT',
  ],
  [
    'two framings',
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n${END}x`,
    400,
    'INVALID_ARGUMENT',
  ],
  [
    'a transfer coding that nobody knows',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: magic\r\n${END}x`,
    400,
    'INVALID_ARGUMENT',
  ],
  [
    'a chunk without a length',
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n${END}zz\r\n`,
    400,
    'INVALID_ARGUMENT',
  ],
];

/** What is no refusal, and may look like one. */
const TAKEN: [what: string, request: string][] = [
  [
    'an upgrade that nobody offers',
    `GET / HTTP/1.1\r\n${HOST}Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`,
  ],
  ['HTTP/1.0 without a host', `GET / HTTP/1.0\r\n\r\n`],
  ['HTTP/1.0 with an expectation, which it has not', `GET / HTTP/1.0\r\nExpect: magic\r\n\r\n`],
];

describe('what is refused before there is a call', () => {
  let app: FastifyInstance;

  before(async () => {
    app = fastify({ http: httpOptions, ...connectionOptions, frameworkErrors: answerRouterError });
    takeOneAtATime(app.server);
    refuseTunnels(app.server);
    answerProblems(app);
    requireOneHost(app);
    refuseExpectations(app);
    cutOffSlowAndLong(app);
    app.get('/', async () => 'here');
    app.get('/for/:whom', async () => 'here');
    app.post('/', async () => 'here');
    await app.listen({ host: '127.0.0.1', port: 0 });
  });

  after(() => app.close());

  /** Everything that comes until the server has closed the connection. */
  async function ask(request: string): Promise<string> {
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', () => {}).write(request);
    await new Promise((resolve) => socket.once('close', resolve));
    return answer;
  }

  for (const [what, request, status, code] of REFUSED)
    it(`is told why, in problem details: ${what}`, async () => {
      const [head = '', body = ''] = (await ask(request)).split('\r\n\r\n');
      expect(head).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect(head.toLowerCase()).to.include('\r\ncontent-type: application/problem+json');
      expect(JSON.parse(body)).to.include({ status, code });
    });

  for (const [what, request] of TAKEN)
    it(`is not ${what}`, async () => {
      expect(await ask(request)).to.match(/^HTTP\/1\.1 200 /);
    });

  it('goes on with a body that waited to be asked for', async () => {
    const request = `POST / HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n${END}{}`;
    expect(await ask(request)).to.match(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  });
});
