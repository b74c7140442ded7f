import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect } from 'chai';
import { ApiRefusal, createApi } from '../../../../component/server/ejabberd/api.ts';
import { Shut } from '../../../../component/server/server.ts';
import { eventually } from '../../../support/eventually.ts';

describe('The HTTP API of ejabberd', () => {
  let server: Server;
  let url: string;
  let ports: (number | undefined)[];

  async function serve(answer: RequestListener): Promise<void> {
    ports = [];
    server = createServer(answer).on('connection', (socket) => ports.push(socket.remotePort));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });

  it('gets no more connections at once than wait at its listener, however many calls there are', async () => {
    const held: (() => void)[] = [];
    let holds = true;
    await serve((request, response) => {
      request.resume();
      const answer = () => response.end('0');
      if (holds) held.push(answer);
      else answer();
    });
    const call = createApi({ url, credential: undefined });
    const calls = Promise.all(
      Array.from({ length: 100 }, (_, i) => call('check_account', { user: `u${i}`, host: 'op.example' })),
    );
    // A server takes connections in as they come, so all that were opened before this one are there when it is.
    const last = connect(Number(new URL(url).port), '127.0.0.1');
    const { localPort } = await once(last, 'connect').then(() => last);
    await eventually(() => expect(ports).to.include(localPort));
    expect(ports.length - 1).to.be.within(1, 5);
    holds = false;
    for (const answer of held) answer();
    last.destroy();
    expect(await calls).to.deep.equal(Array.from({ length: 100 }, () => 0));
    expect(ports.length - 1).to.be.at.most(50);
  });

  it('is called without its version where it knows none, and what it refuses says with which status', async () => {
    const asked: (string | undefined)[] = [];
    await serve((request, response) => {
      asked.push(request.url);
      request.resume();
      if (request.url?.endsWith('/v1')) response.statusCode = 400;
      if (request.url === '/register') response.statusCode = 409;
      response.end('"no"');
    });
    const call = createApi({ url, credential: undefined });
    expect(await call('stats', {})).to.equal('no');
    const refusal = await call('register', {}).catch((err: unknown) => err);
    expect(refusal).to.be.instanceOf(ApiRefusal);
    expect((refusal as ApiRefusal).status).to.equal(409);
    expect(asked).to.deep.equal(['/stats/v1', '/stats', '/register']);
  });

  it('is called without its version also by those who asked before that was known', async () => {
    await serve((request, response) => {
      request.resume();
      if (request.url?.endsWith('/v1')) response.statusCode = 400;
      response.end('0');
    });
    const call = createApi({ url, credential: undefined });
    const calls = Array.from({ length: 20 }, (_, i) => call('check_account', { user: `u${i}`, host: 'op.example' }));
    expect(await Promise.all(calls)).to.deep.equal(calls.map(() => 0));
  });

  it('is asked once more where a connection that was kept is closed just then, and told nothing twice', async () => {
    const asked: string[] = [];
    const seen = new Set<number | undefined>();
    let closesNew = false;
    await serve((request, response) => {
      asked.push(`${request.url}`);
      request.resume();
      const { remotePort } = request.socket;
      if (closesNew || seen.has(remotePort)) request.socket.destroy();
      else response.end('0');
      seen.add(remotePort);
    });
    const call = createApi({ url, credential: undefined });
    const outcome = (command: string) => call(command, {}).catch((err: unknown) => err);
    // On a connection of its own, on that one, and on another.
    expect(await call('check_account', {})).to.equal(0);
    expect(await call('check_account', {})).to.equal(0);
    expect(asked).to.have.length(3);
    expect(ports).to.have.length(2);
    const write = await outcome('add_rosteritem');
    expect(write).to.be.instanceOf(Shut);
    expect((write as Shut).message).to.contain('(ECONNRESET)');
    expect(asked.slice(3)).to.deep.equal(['/add_rosteritem/v1']);
    // A new connection that is closed is an answer.
    closesNew = true;
    expect(await outcome('check_account')).to.be.instanceOf(Shut);
    expect(asked.slice(4)).to.deep.equal(['/check_account/v1']);
    expect(ports).to.have.length(3);
  });

  it('is heard no longer than an answer may be', async () => {
    let closed = false;
    await serve((request, response) => {
      request.resume();
      if (request.url?.startsWith('/stats')) return void response.end('"34567890"');
      response.on('close', () => {
        closed = true;
      });
      // Without an end, and a turn of the event loop for each: Node.js 24 calls back in the same one, and nothing would ever be sent.
      const writeOn = () => void (closed || response.write(' '.repeat(1_000), () => setImmediate(writeOn)));
      writeOn();
    });
    const call = createApi({ url, credential: undefined }, 10);
    expect(await call('stats', {})).to.equal('34567890');
    const err = await call('connected_users_vhost', {}).catch((thrown: unknown) => thrown);
    expect(err).to.be.instanceOf(Shut);
    expect((err as Shut).message).to.contain('(an answer of more than 10 characters)');
    await eventually(() => expect(closed).to.equal(true));
  });

  it('is away where it leads to another place, which the credential is not sent to', async () => {
    const asked: (string | undefined)[] = [];
    await serve((request, response) => {
      asked.push(request.url);
      request.resume();
      response.writeHead(307, { location: '/elsewhere' }).end();
    });
    const call = createApi({ url, credential: { user: 'api@op.example', password: 'secret' } });
    const err = await call('stats', {}).catch((thrown: unknown) => thrown);
    expect(err).to.include({ code: 'UNAVAILABLE' });
    expect((err as Shut).message).to.contain(`${url}, the EARSHOT_EJABBERD_API (answered with 307)`);
    expect(asked).to.deep.equal(['/stats/v1']);
  });

  it('is shut where nobody or somebody else answers, where it fails, and to a credential that it does not know: the setting is named', async () => {
    const credential = { user: 'api@op.example', password: 'p4ssw0rd' };
    const shut = async () => {
      const err = await createApi({ url, credential })('stats', {}).catch((thrown: unknown) => thrown);
      expect(err).to.be.instanceOf(Shut).with.property('code', 'UNAVAILABLE');
      const { what, message } = err as Shut;
      expect(message).to.contain(url).and.not.contain(credential.password).and.not.contain(credential.user);
      return `${what}: ${message}`;
    };
    let [status, text] = [401, '{"code":10}'];
    await serve((request, response) => {
      request.resume();
      response.writeHead(status).end(text);
    });
    expect(await shut()).to.match(/_USER, EARSHOT_EJABBERD_API_PASSWORD\): .*or with another password/);
    [status, text] = [404, '<html></html>'];
    expect(await shut()).to.match(/\(EARSHOT_EJABBERD_API\): No HTTP API .*\(answered with 404 and no JSON\)/);
    [status, text] = [500, '{}'];
    expect(await shut()).to.match(/\(EARSHOT_EJABBERD_API\): .*answers stats with 500/);
    [status, text] = [403, '{"code":32}'];
    const refusal = await createApi({ url, credential })('stats', {}).catch((thrown: unknown) => thrown);
    expect(refusal).to.be.instanceOf(ApiRefusal);
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
    expect(await shut()).to.match(/\(EARSHOT_EJABBERD_API\): No HTTP API .*\(ECONN\w+\).*mod_http_api/);
  });
});
