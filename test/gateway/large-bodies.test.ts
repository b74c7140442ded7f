import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { BODY_ROOM } from '../../gateway/body/body-room.ts';
import { IMPORT_HOLDS } from '../../gateway/imports/row-batches.ts';
import { openTestGateway, type TestGateway } from '../support/gateway.ts';
import { useRedis } from '../support/redis.ts';

type Sending = { answer: Promise<Response>; text: Promise<string>; send(text: string): void; abort(): void };

describe('the large bodies of a gateway', () => {
  const server = useRedis();
  let gateway: TestGateway;
  let url: string;
  let alice: string;
  const begun: Sending[] = [];

  beforeEach(async () => {
    gateway = await openTestGateway(server, { EARSHOT_LIMIT_SUBSCRIBER: '0', EARSHOT_LIMIT_ADDRESS: '0' });
    await gateway.app.listen({ port: 0, host: '127.0.0.1' });
    url = `http://127.0.0.1:${(gateway.app.server.address() as AddressInfo).port}`;
    const id = await gateway.join('+8613800138000');
    const headers = gateway.operator;
    const { body } = await gateway.call({ method: 'POST', url: `/v1/subscribers/${id}/tokens`, headers });
    alice = `Bearer ${body.token}`;
  });
  afterEach(async () => {
    for (const one of begun.splice(0)) one.abort();
    await gateway?.stop();
  });

  /** A request whose body goes on; it is sent with the first piece of it. */
  function begin(method: string, path: string, authorization: string, type: string): Sending {
    const gone = new AbortController();
    let send: (text: string) => void = () => {};
    const body = new ReadableStream({
      start(stream) {
        send = (text) => stream.enqueue(new TextEncoder().encode(text));
      },
    });
    const init = {
      method,
      headers: { authorization, 'content-type': type },
      body,
      duplex: 'half',
      signal: gone.signal,
    };
    const answer = fetch(url + path, init as RequestInit);
    const text = answer.then((response) => response.text());
    for (const promise of [answer, text]) promise.catch(() => {});
    const sending = { answer, text, send: (text: string) => send(text), abort: () => gone.abort() };
    begun.push(sending);
    return sending;
  }

  const startImport = () =>
    begin('POST', '/v1/imports?dryRun=true', gateway.operator.authorization, 'application/x-ndjson');
  const put = (path: string, body: object, authorization = alice) =>
    fetch(`${url}/v1/subscribers/me/${path}`, {
      method: 'PUT',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  it('share one room: who has filled it gets 503 before its body is read, and nobody else waits for it', async () => {
    const imports = Array.from({ length: BODY_ROOM / IMPORT_HOLDS }, startImport);
    for (const one of imports) one.send('{"phoneNumber":"+8613900139000"}\n');
    for (const { answer } of imports) expect((await answer).status).to.equal(200);
    const one = startImport();
    one.send('{');
    const refused = await one.answer;
    expect([refused.status, refused.headers.get('retry-after')]).to.deep.equal([503, '5']);
    expect(JSON.parse(await one.text)).to.include({ code: 'UNAVAILABLE' });

    expect((await put('now-playing', { kind: 'audio', title: 'Small' })).status, 'a small call').to.equal(202);
    const contacts = Array.from({ length: 2_000 }, (_, i) => ({
      name: `${'x'.repeat(100)} ${i}`,
      phoneNumbers: ['+8613900139000'],
    }));
    expect((await put('address-book', { contacts })).status, 'a book of somebody else’s').to.equal(202);
    const [first] = await Promise.race(imports.map(async (one) => [await one.text]));
    expect(JSON.parse(`${first?.trim().split('\n').at(-1)}`)).to.nested.include({ 'stopped.code': 'UNAVAILABLE' });
    const metrics = await gateway.context.metrics.registry.metrics();
    expect(metrics).to.match(/^earshot_http_over_limit_total\{.*limit="uploads".*\} \d+$/m);
  });
});
