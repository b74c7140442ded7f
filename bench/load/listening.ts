import { connect, type Socket } from 'node:net';

/**
 * Holds event streams, as a process of its own: neither its memory nor its garbage is in what is
 * measured. Bare sockets, as ten thousand of an HTTP client's would measure that client.
 */

/** What it is asked. `atOnce`: streams that may be on their way at a time. */
export type Order =
  | { what: 'open'; port: number; tokens: readonly string[]; atOnce: number }
  | { what: 'collect' }
  | { what: 'bytes' };

/**
 * What it answers. `times`: milliseconds of each line since its tune was sent; `others`: lines that
 * were no tune's; `bytes`: all that has come so far.
 */
export type Reply = { open: number } | { times: number[]; bytes: number; ended: number };

const TITLE = '"title":"sent ';

let times: number[] = [];
let bytes = 0;
let ended = 0;

process.on('message', (order: Order) => void obey(order));

async function obey(order: Order): Promise<void> {
  if (order.what === 'open') {
    await openAll(order);
    return tell({ open: order.tokens.length });
  }
  tell({ times, bytes, ended });
  times = [];
}

function tell(reply: Reply): void {
  process.send?.(reply);
}

async function openAll({ port, tokens, atOnce }: Order & { what: 'open' }): Promise<void> {
  let next = 0;
  async function lane(): Promise<void> {
    for (;;) {
      const token = tokens[next];
      next += 1;
      if (token === undefined) return;
      await open(port, token);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane));
}

/** Until it has the list of friends. */
function open(port: number, token: string): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.setEncoding('latin1');
  socket.write(
    `GET /v1/subscribers/me/friends/events HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n` +
      `authorization: Bearer ${token}\r\naccept: text/event-stream\r\naccept-language: en\r\n` +
      'user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)\r\n\r\n',
  );
  return new Promise((resolve, reject) => {
    let head = '';
    socket.on('error', reject);
    socket.on('data', (chunk: unknown) => {
      head += chunk;
      bytes += (chunk as string).length;
      if (!head.includes('event: friends') || !head.endsWith('\n\n\r\n')) return;
      if (!head.startsWith('HTTP/1.1 200')) return reject(new Error(head));
      follow(socket);
      resolve();
    });
  });
}

function follow(socket: Socket): void {
  socket.removeAllListeners('data');
  socket.on('close', () => {
    ended += 1;
  });
  socket.on('data', (chunk: unknown) => {
    const text = chunk as string;
    bytes += text.length;
    for (let at = text.indexOf(TITLE); at >= 0; at = text.indexOf(TITLE, at + 1))
      times.push(now() - Number.parseFloat(text.slice(at + TITLE.length)));
  });
}

/** Milliseconds of the clock that all processes of the machine share. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
