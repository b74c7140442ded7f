import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Calls a gateway more often than it can answer, as a process of its own: bare connections, each with one call at a time, so that
 * a call costs a tenth of what an HTTP client's would.
 */

/** Where, as whom, and for which subscribers tunes are called. */
export type Place = { port: number; key: string; ids: readonly string[] };

/**
 * What it is asked. `most`: tunes as fast as they are answered on so many connections, `duration` milliseconds after `warmUp`.
 * `flood`: `rate` tunes a second, whatever comes back, on as many connections as that takes, up to `connections`; answered when the
 * last was sent. `collect`: what came of that, as soon as all have their answers.
 */
export type Order =
  | ({ what: 'most'; connections: number; warmUp: number; duration: number } & Place)
  | ({ what: 'flood'; rate: number; connections: number; duration: number } & Place)
  | { what: 'collect' };

/** A tune that was taken: its number, the position of whose it is, and when it was sent and answered, in milliseconds of this process. */
export type Taken = { tune: number; of: number; sent: number; answered: number };

/**
 * `seconds`: for which calls were sent; `statuses`: answers by status; `unanswered`: the connection ended without one, or half a minute went
 * by; `unsent`: no connection was free; `hasty`: refused without Retry-After.
 */
export type Flooded = {
  sent: number;
  seconds: number;
  statuses: Record<string, number>;
  unanswered: number;
  unsent: number;
  hasty: number;
  taken: Taken[];
};

export type Reply = { rate: number } | { over: true } | Flooded;

/** How a tune's title begins; its number follows. */
export const TITLE = 'Called ';

/** Milliseconds between two looks at how many calls are due. */
const TICK = 5;
/** Milliseconds after the last call in which answers may come. */
const PATIENCE = 30_000;

/** Tunes that were called; each number is one. */
let called = 0;
let flooding: ReturnType<typeof startFlood> | undefined;

process.on('message', async (order: Order) => process.send?.(await obey(order)));

async function obey(order: Order): Promise<Reply> {
  if (order.what === 'most') return most(order);
  if (order.what === 'collect') return flooding?.collect() ?? Promise.reject(new Error('Nothing was called.'));
  flooding = startFlood(order);
  await flooding.sent;
  return { over: true };
}

async function most({ connections, warmUp, duration, ...place }: Order & { what: 'most' }): Promise<Reply> {
  let [over, answered] = [false, 0];
  const callers = Array.from({ length: connections }, () => openCaller(place));
  const driving = callers.map(async (caller) => {
    while (!over) {
      const { status } = await caller.play(nextTune());
      if (status !== 202) throw new Error(`Of ${connections} that wait for their answers one was told ${status}.`);
      answered += 1;
    }
  });
  await Promise.race([sleep(warmUp), ...driving]);
  const [from, before] = [performance.now(), answered];
  await Promise.race([sleep(duration), ...driving]);
  const rate = ((answered - before) * 1_000) / (performance.now() - from);
  over = true;
  await Promise.all(driving);
  for (const { close } of callers) close();
  return { rate };
}

function startFlood({ rate, connections, duration, ...place }: Order & { what: 'flood' }) {
  const open = new Set<Caller>();
  const free: Caller[] = [];
  const found: Flooded = { sent: 0, seconds: 0, statuses: {}, unanswered: 0, unsent: 0, hasty: 0, taken: [] };
  let underWay = 0;

  async function call(caller: Caller): Promise<void> {
    const [tune, sent] = [nextTune(), performance.now()];
    found.sent += 1;
    underWay += 1;
    try {
      const { status, hasRetryAfter } = await caller.play(tune);
      free.push(caller);
      found.statuses[status] = (found.statuses[status] ?? 0) + 1;
      if (status === 202) found.taken.push({ tune, of: tune % place.ids.length, sent, answered: performance.now() });
      else if (!hasRetryAfter) found.hasty += 1;
    } catch {
      open.delete(caller);
      found.unanswered += 1;
    }
    underWay -= 1;
  }

  function next(): void {
    const caller = free.pop() ?? (open.size < connections ? openCaller(place) : undefined);
    if (!caller) {
      found.unsent += 1;
      return;
    }
    open.add(caller);
    void call(caller);
  }

  async function send(): Promise<void> {
    const start = performance.now();
    for (let due = 0; performance.now() - start < duration; await sleep(TICK))
      for (const now = ((performance.now() - start) * rate) / 1_000; due < now; due += 1) next();
    found.seconds = (performance.now() - start) / 1_000;
  }

  async function collect(): Promise<Flooded> {
    const end = performance.now();
    while (underWay > 0 && performance.now() - end < PATIENCE) await sleep(TICK);
    found.unanswered += underWay;
    for (const { close } of open) close();
    return found;
  }

  return { sent: send(), collect };
}

function nextTune(): number {
  called += 1;
  return called;
}

type Caller = ReturnType<typeof openCaller>;
type Answer = { status: number; hasRetryAfter: boolean };

/** One connection; the first call goes out when it stands. */
function openCaller({ port, key, ids }: Place) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.setEncoding('latin1');
  let waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;
  let heard = '';
  socket.on('data', (chunk: unknown) => {
    heard += chunk;
    const end = heard.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = heard.slice(0, end);
    const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(head) ?? [];
    if (heard.length < end + 4 + Number(length)) return;
    heard = '';
    waiting?.resolve({ status: Number(head.slice(9, 12)), hasRetryAfter: /\r\nretry-after: \d/i.test(head) });
  });
  socket.on('error', () => {});
  socket.on('close', () => waiting?.reject(new Error('The connection ended.')));

  return {
    play(tune: number): Promise<Answer> {
      const body = JSON.stringify({ kind: 'audio', title: `${TITLE}${tune}`, artist: 'The Measured', length: 3_600 });
      return new Promise((resolve, reject) => {
        if (socket.destroyed) return reject(new Error('The connection ended.'));
        waiting = { resolve, reject };
        socket.write(
          `PUT /v1/subscribers/${ids[tune % ids.length]}/now-playing HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
            `Authorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        );
      });
    },
    close: () => void socket.destroy(),
  };
}
