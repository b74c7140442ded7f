import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { startProcess } from '../../../local/processes.ts';
import { createApi, type Person } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { startExtraGateway } from '../../support/http/extra-gateway.ts';
import { useStack } from '../../support/stack.ts';

describe('the gateway’s hardening', () => {
  const stack = useStack({ env: { EARSHOT_CORS_ORIGINS: 'https://app.example, https://other.example:8443' } });
  const api = createApi(stack);
  let alice: Person;

  before(async () => {
    alice = await api.join('+8613800138000');
  });

  async function open(text: string): Promise<{ socket: Socket; answer: Promise<string> }> {
    const socket = connect(Number(new URL(stack.gatewayUrl).port), '127.0.0.1');
    await once(socket, 'connect');
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.write(text);
    // The answer counts, also when the end of the connection is a reset.
    return { socket, answer: new Promise((resolve) => socket.on('close', () => resolve(answer))) };
  }

  /** Sends one byte every 200 ms for as long as the server listens. */
  async function trickle(socket: Socket): Promise<void> {
    while (socket.writable) {
      socket.write('x');
      await sleep(200);
      // What has come meanwhile is read before a byte more is refused, also where this process stood still.
      await new Promise(setImmediate);
    }
  }

  function problemIn(answer: string): { status: number; code: string } {
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).to.contain('application/problem+json');
    return JSON.parse(body);
  }

  it('cuts off who trickles headers, an ordinary body or a book, and serves others meanwhile', async () => {
    const put = (length: string, rest = 'now-playing') =>
      `PUT ${api.path(alice, rest)} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${alice.token}\r\nContent-Type: application/json\r\n${length}\r\n\r\n`;
    const slow = await Promise.all([
      open('GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: '),
      open(put('Content-Length: 60000')),
      open(`${put('Transfer-Encoding: chunked')}ffff\r\n`),
      open('POST /v1/subscribers HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n'),
      open(`${put('Content-Length: 30000000', 'address-book')}{"contacts":[`),
    ]);
    for (const { socket } of slow) void trickle(socket);
    expect((await api.call('GET', '/livez')).status).to.equal(200);
    const [head, body, chunked, refused, book] = await Promise.all(slow.map(({ answer }) => answer));
    for (const answer of [head, body, chunked, book])
      expect(problemIn(answer ?? '')).to.include({ status: 408, code: 'REQUEST_TIMEOUT' });
    expect(refused, 'was answered before its body').to.match(/^HTTP\/1.1 401 /);
  });

  it('refuses headers and paths that are too long, and what is no HTTP, in problem details', async () => {
    const large = await open(`GET /livez HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(17_000)}\r\n\r\n`);
    expect(problemIn(await large.answer)).to.include({ status: 431, code: 'HEADERS_TOO_LARGE' });
    const garbage = await open('\x16\x03\x01 hello\r\n\r\n');
    expect(problemIn(await garbage.answer)).to.include({ status: 400, code: 'INVALID_ARGUMENT' });
    for (const path of [`/v1/subscribers/${'x'.repeat(200)}`, `/livez?${'x'.repeat(2_000)}`]) {
      const long = await api.call('GET', path);
      expect([long.status, long.body.code]).to.deep.equal([414, 'URI_TOO_LONG']);
    }
    const broken = await api.call('GET', '/v1/subscribers/%E0%A4%A');
    expect([broken.status, broken.body.code]).to.deep.equal([400, 'INVALID_ARGUMENT']);
    expect(broken.text, 'does not repeat what was sent').to.not.contain('%E0');
  });

  it('tells browsers that an answer is no page, and leaves /docs what it needs', async () => {
    const { headers } = await api.call('GET', api.path(alice, 'friends'));
    expect(headers.get('content-security-policy')).to.contain("default-src 'none'");
    expect(headers.get('cache-control')).to.equal('no-store');
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
    expect(headers.get('x-frame-options')).to.equal('DENY');
    expect(headers.get('strict-transport-security'), 'over plain HTTP').to.equal(null);
    const docs = await api.call('GET', '/docs/');
    expect(docs.headers.get('content-security-policy'))
      .to.contain("default-src 'self'")
      .and.contain("frame-ancestors 'none'");
    expect(docs.text, 'scripts of its own only, none in the page')
      .to.match(/<script src=/)
      .and.not.match(/<script>|onload=/);
  });

  it('lets pages of the configured origins call, and no others', async () => {
    const preflight = (origin: string) =>
      api.call('OPTIONS', api.path(alice, 'now-playing'), undefined, {
        authorization: '',
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'authorization,content-type',
      });
    const own = await preflight('https://app.example');
    expect(own.status).to.equal(204);
    expect(own.headers.get('access-control-allow-origin')).to.equal('https://app.example');
    expect(own.headers.get('access-control-allow-methods')).to.contain('PUT');
    for (const origin of ['https://evil.example', 'https://app.example.evil.example', 'http://app.example', 'null'])
      expect((await preflight(origin)).headers.get('access-control-allow-origin'), origin).to.equal(null);
    const refused = await api.call('GET', '/v1/credentials', undefined, {
      authorization: '',
      origin: 'https://app.example',
    });
    expect(refused.headers.get('access-control-allow-origin'), 'a page can read why').to.equal('https://app.example');
    expect(refused.headers.get('access-control-allow-credentials')).to.equal(null);
  });

  it('refuses a preflight that is none with problem details, like everything else', async () => {
    const answer = await api.call('OPTIONS', api.path(alice, 'now-playing'), undefined, {
      origin: 'https://app.example',
    });
    expect([answer.status, answer.body.code]).to.deep.equal([400, 'INVALID_ARGUMENT']);
  });

  it('prints no secret, even when it cannot use it', async () => {
    const url = stack.env.EARSHOT_REDIS_URL?.replace(/:[^:@/]+@/, ':a-wrong-password@') ?? '';
    const logFile = join(stack.dataDir, 'logs', 'wrong-password.log');
    const env = { ...stack.env, EARSHOT_HTTP_PORT: '0', EARSHOT_REDIS_URL: url, EARSHOT_LOG_LEVEL: 'trace' };
    const gateway = await startProcess({ role: 'gateway', env, logFile });
    await eventually(async () => expect(await readFile(logFile, 'utf8')).to.contain('WRONGPASS'));
    await gateway.stop();
    const log = await readFile(logFile, 'utf8');
    for (const secret of ['a-wrong-password', stack.operatorKey, stack.env.EARSHOT_NUMBER_KEY ?? ''])
      expect(log).to.not.contain(secret);
  });

  it('reads secrets from files, and opens to no page unless told', async () => {
    const file = join(stack.dataDir, 'operator-key');
    await writeFile(file, `${stack.operatorKey}\n`, { mode: 0o600 });
    const gateway = await startExtraGateway(stack, {
      EARSHOT_OPERATOR_KEY: undefined,
      EARSHOT_OPERATOR_KEY_FILE: file,
      EARSHOT_CORS_ORIGINS: undefined,
    });
    const other = createApi({ gatewayUrl: gateway.url, operatorKey: stack.operatorKey });
    const answer = await other.call('GET', '/v1/credentials', undefined, { origin: 'https://app.example' });
    await gateway.stop();
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).to.deep.equal([200, null]);
  });
});
