import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect } from 'chai';
import { createRequests } from '../../../component/stream/requests.ts';
import { type Element, xml } from '../../../component/stream/xml.ts';

describe('component/stream/requests', () => {
  const ask = () => xml('iq', { type: 'get', to: 'alice@op.example' });
  const answerTo = (iq: Element, attrs: Record<string, string>, ...children: Element[]) =>
    xml('iq', { type: 'result', from: 'alice@op.example', id: iq.attrs.id, ...attrs }, children);

  function setUp() {
    const sent: Element[] = [];
    const requests = createRequests(async (stanza) => void sent.push(stanza));
    return { sent, requests };
  }

  it('gives the answer to the request with its id', async () => {
    const { sent, requests } = setUp();
    const [first, second] = [requests.request(ask()), requests.request(ask())];
    for (const iq of [...sent].reverse()) requests.answer(answerTo(iq, { to: iq.attrs.id as string }));
    expect((await first).attrs.to).to.equal(sent[0]?.attrs.id);
    expect((await second).attrs.to).to.equal(sent[1]?.attrs.id);
    expect(sent[0]?.attrs.id)
      .to.match(/^[0-9a-f-]{36}$/)
      .and.not.equal(sent[1]?.attrs.id);
  });

  it('does not take an answer from somebody else', async () => {
    const { sent, requests } = setUp();
    const pending = requests.request(ask(), 50);
    requests.answer(answerTo(sent[0] as Element, { from: 'mallory@op.example' }));
    const error = await pending.then(
      () => undefined,
      (err: { code: string }) => err.code,
    );
    expect(error).to.equal('UNAVAILABLE');
  });

  it('takes an answer that came while the process stood still, although its time is over', async () => {
    const { sent, requests } = setUp();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [[peer]] = await Promise.all([once(server, 'connection'), once(client, 'connect')]);
    client.on('data', () => requests.answer(answerTo(sent[0] as Element, {})));
    try {
      // From here the loop comes to its timers first, and then to its sockets.
      const answer = await new Promise<Element>((resolve, reject) =>
        setImmediate(() => {
          requests.request(ask(), 10).then(resolve, reject);
          peer.write('answer');
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
        }),
      );
      expect(answer.attrs.type).to.equal('result');
    } finally {
      client.destroy();
      peer.destroy();
      server.close();
    }
  });

  it('gives up after its time, and at once when the stream breaks', async () => {
    const { requests } = setUp();
    const code = (pending: Promise<unknown>) =>
      pending.then(
        () => undefined,
        (err: { code: string }) => err.code,
      );
    expect(await code(requests.request(ask(), 10))).to.equal('UNAVAILABLE');
    const [one, other] = [code(requests.request(ask())), code(requests.request(ask()))];
    requests.fail();
    expect(await Promise.all([one, other])).to.deep.equal(['UNAVAILABLE', 'UNAVAILABLE']);
  });

  it('tells a stanza error by its condition', async () => {
    const { sent, requests } = setUp();
    const pending = requests.request(ask());
    const error = xml(
      'error',
      { type: 'cancel' },
      xml('item-not-found', { xmlns: 'urn:ietf:params:xml:ns:xmpp-stanzas' }),
    );
    requests.answer(answerTo(sent[0] as Element, { type: 'error' }, error));
    expect(await pending.catch((err: { condition: string }) => err.condition)).to.equal('item-not-found');
  });
});
