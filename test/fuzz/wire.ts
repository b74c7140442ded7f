import { connect } from 'node:net';
import fc from 'fast-check';
import { inParallel } from './in-parallel.ts';
import { mutatedBytes } from './mutated-bytes.ts';
import { type Surface, shown } from './surface.ts';
import { wrongWith } from './verdict.ts';
import type { World } from './world.ts';

const LINES = 12;
/** Milliseconds in which an answer, or the end of the connection, must come; what is not a whole request has no right to one. */
const PATIENCE = 150;

/** What arrives on the gateway's port and is hardly HTTP: requests with broken heads, lengths, chunks and pipelines. */
export function wireSurface(world: World): Surface {
  return {
    name: 'HTTP wire',
    inputs: { nightly: 3_000, brief: 100 },
    async run(count, seed) {
      const inputs = fc.sample(mutatedBytes(seedsOf(world)), { seed, numRuns: count });
      const findings: string[] = [];
      let answers = 0;
      await inParallel(LINES, inputs, async (bytes) => {
        const { heard, complete } = await exchange(Number(new URL(world.stack.gatewayUrl).port), bytes);
        const answered = firstAnswer(heard);
        if (answered) answers += 1;
        const wrong = answered && (complete || answered.status >= 500) ? wrongWith(answered, 'HEAD') : undefined;
        if (wrong !== undefined && findings.length < 10) findings.push(`${wrong} to ${shown(bytes)}`);
      });
      return { findings, note: `${answers} answers` };
    },
  };
}

function seedsOf({ stack, people }: World): Buffer[] {
  const head = (line: string, ...headers: string[]) =>
    [`${line} HTTP/1.1`, 'Host: a', `Authorization: Bearer ${stack.operatorKey}`, ...headers, '', ''].join('\r\n');
  const place = `/v1/subscribers/${people[0]?.id}`;
  const tune = '{"kind":"audio","title":"x"}';
  const json = 'Content-Type: application/json';
  const put = head(`PUT ${place}/now-playing`, json, `Content-Length: ${tune.length}`) + tune;
  const chunked = `${head(`PUT ${place}/now-playing`, json, 'Transfer-Encoding: chunked')}1c\r\n${tune}\r\n0\r\n\r\n`;
  return [
    put,
    chunked,
    put + head(`GET ${place}/friends`) + head('GET /livez'),
    head(`PUT ${place}/now-playing`, json, 'Expect: 100-continue', `Content-Length: ${tune.length}`) + tune,
    head(`GET ${place}/friends`, 'Connection: Upgrade', 'Upgrade: websocket'),
    head('CONNECT a:80'),
    head('OPTIONS *'),
    head('GET http://a/livez'),
    head(`PUT ${place}/address-book`, 'Content-Type: text/vcard', 'Content-Encoding: gzip', 'Content-Length: 3') +
      'abc',
  ].map((text) => Buffer.from(text));
}

/** Sends the bytes and hears what comes back, until nothing comes for a while. */
function exchange(port: number, bytes: Buffer): Promise<{ heard: string; complete: boolean }> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    let heard = '';
    const end = (complete: boolean) => {
      socket.destroy();
      resolve({ heard, complete });
    };
    socket.setEncoding('latin1').setTimeout(PATIENCE, () => end(false));
    socket.on('data', (text) => {
      heard += text;
    });
    socket.on('error', () => end(true)).on('close', () => end(true));
    socket.write(bytes);
  });
}

function firstAnswer(heard: string): { status: number; type: string; text: string } | undefined {
  const [, status] = /^HTTP\/1\.1 ([2-9]\d\d)/.exec(heard) ?? [];
  const [, type = ''] = /^content-type: ([^\r\n]*)/im.exec(heard.split('\r\n\r\n')[0] ?? '') ?? [];
  return status === undefined ? undefined : { status: Number(status), type, text: heard };
}
