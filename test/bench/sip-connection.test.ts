import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { entityTag, openSip, type SipMessage } from '../../bench/sip/connection.ts';
import { eventually } from '../support/eventually.ts';

const NOTIFY = [
  'NOTIFY sip:w@127.0.0.1 SIP/2.0',
  'Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK1',
  'From: <sip:p@op.example>;tag=a',
  'To: <sip:w@op.example>;tag=b',
  'Call-ID: c',
  'CSeq: 7 NOTIFY',
  'Content-Length: 16',
].join('\r\n');

describe('A SIP connection of the benchmark', () => {
  let server: ReturnType<typeof createServer>;
  let peer: Socket;
  let heard: string;
  let requests: SipMessage[];
  let connection: Awaited<ReturnType<typeof openSip>>;

  beforeEach(async () => {
    [heard, requests] = ['', []];
    server = createServer((socket) => {
      peer = socket.on('data', (chunk) => {
        heard += chunk;
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const accepted = once(server, 'connection');
    connection = await openSip((server.address() as AddressInfo).port, (request) => requests.push(request));
    await accepted;
  });

  afterEach(() => {
    connection.close();
    server.close();
  });

  it('reads requests that come in pieces and together, and confirms each', async () => {
    const text = `${NOTIFY}\r\n\r\n<title>T</title>`;
    for (const piece of [text.slice(0, 50), text.slice(50, -5), text.slice(-5) + text]) {
      await new Promise((written) => peer.write(piece, written));
    }
    await eventually(() => expect(requests).to.have.length(2));
    expect(requests.map(({ body }) => body)).to.deep.equal(['<title>T</title>', '<title>T</title>']);
    await eventually(() => expect(heard.match(/SIP\/2\.0 200 OK\r\n/g)).to.have.length(2));
    expect(heard).to.contain('CSeq: 7 NOTIFY\r\nContent-Length: 0\r\n\r\n').and.to.contain('tag=b');
  });

  it('gives each answer to whoever asked, and waits for the final one', async () => {
    const ask = (sequence: number) =>
      connection.ask('PUBLISH', 'sip:p@op.example', ['Call-ID: x', `CSeq: ${sequence} PUBLISH`], 'body');
    const [first, second] = [ask(1), ask(2)];
    await eventually(() => expect(heard).to.contain('CSeq: 2 PUBLISH\r\nContent-Length: 4\r\n\r\nbody'));
    const answer = (sequence: number, start: string) =>
      peer.write(
        `SIP/2.0 ${start}\r\nCall-ID: x\r\nCSeq: ${sequence} PUBLISH\r\nSIP-ETag: e${sequence}\r\nContent-Length: 0\r\n\r\n`,
      );
    answer(1, '100 Trying');
    answer(2, '200 OK');
    answer(1, '412 Conditional Request Failed');
    expect(entityTag(await second)).to.equal('e2');
    expect((await first).start).to.equal('SIP/2.0 412 Conditional Request Failed');
  });
});
