import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { PATIENT, retrying } from '../../clients/typescript/src/retrying.ts';

/** What a server answers, one after the other; `undefined` cuts the connection. */
type Answers = (readonly [status: number, retryAfter?: string] | undefined)[];

describe('a call of the client of clients/typescript', () => {
  const keys: (string | undefined)[] = [];
  const times: number[] = [];
  let answers: Answers = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    keys.push(request.headers['idempotency-key'] as string | undefined);
    times.push(performance.now());
    const answer = answers.shift();
    if (answer === undefined) return void request.socket.destroy();
    const [status, retryAfter] = answer;
    response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end();
  });
  let url: string;

  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  beforeEach(() => {
    keys.length = 0;
    times.length = 0;
  });
  after(() => void server.close());

  const send = (method: string, next: Answers, patience = PATIENT) => {
    answers = next;
    return retrying(fetch, patience)(new Request(url, { method, signal: new AbortController().signal }));
  };

  it('is sent again after 429, 503 and a broken connection, always with the same Idempotency-Key', async () => {
    const { status } = await send('POST', [[429, '0'], [503, '0'], undefined, [201]]);
    expect(status).to.equal(201);
    expect(keys).to.have.length(4);
    expect(keys[0]).to.match(/^[0-9a-f-]{36}$/);
    expect(new Set(keys).size).to.equal(1);
  });

  it('waits for as long as Retry-After says', async () => {
    expect((await send('GET', [[503, '1'], [200]])).status).to.equal(200);
    const [first = 0, second = 0] = times;
    // A timer may be a millisecond early.
    expect(second - first).to.be.at.least(995);
  });

  it('waits a little where the gateway does not say', async () => {
    expect((await send('GET', [[429], [200]])).status).to.equal(200);
    const [first = 0, second = 0] = times;
    expect(second - first).to.be.at.least(245);
  });

  it('is given back as it is answered where that would be too long, or so often, or is no trouble of a moment', async () => {
    expect((await send('GET', [[429, '31'], [200]])).status).to.equal(429);
    const twice = { ...PATIENT, tries: 2 };
    expect((await send('GET', [[503, '0'], [503, '0'], [200]], twice)).status).to.equal(503);
    expect((await send('GET', [[500], [200]])).status).to.equal(500);
    expect(times).to.have.length(4);
  });

  it('is a failure when no connection comes about, after as many tries', async () => {
    const failure = await send('GET', [], { ...PATIENT, tries: 2 }).catch((err: Error) => err);
    expect(failure).to.be.instanceOf(TypeError);
    expect(times).to.have.length(2);
  });
});
