import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Line } from './lines.ts';

/** The way out of one event stream. */
export type LineWriter = {
  write(line: Line): void;
  /** Whether the client has not taken what it was sent: nothing more is to be written until it was `drained`. */
  isFull(): boolean;
  /** Settled when the client has taken it, or is gone. */
  taken(): Promise<void>;
  /** After a last line. */
  end(): void;
  /** At once; also a client that takes nothing sees that it is over. */
  destroy(): void;
};

/** `closed`: nothing can be written any more. */
export type WriterCalls = { drained(): void; closed(): void };

/**
 * Begins the answer and writes its lines. They go straight to the connection, framed already: one
 * line goes to thousands, and a response frames each for each of them.
 */
export function createLineWriter(
  response: ServerResponse,
  headers: OutgoingHttpHeaders,
  calls: WriterCalls,
): LineWriter {
  return new HttpLineWriter(response, headers, calls);
}

/** A class, as there are thousands: functions of its own would be half of what a stream takes. */
class HttpLineWriter implements LineWriter {
  readonly #response: ServerResponse;
  readonly #socket: Socket;
  readonly #isChunked: boolean;
  #isOver = false;
  #resume: (() => void) | undefined;

  constructor(response: ServerResponse, headers: OutgoingHttpHeaders, { drained, closed }: WriterCalls) {
    const { socket, httpVersion } = response.req;
    this.#response = response;
    this.#socket = socket;
    // A proxy of HTTP/1.0 knows no chunks.
    this.#isChunked = httpVersion !== '1.0';
    const onDrain = () => {
      this.#resume?.();
      drained();
    };
    const onClose = () => {
      this.#isOver = true;
      socket.off('drain', onDrain);
      this.#resume?.();
      closed();
    };
    if (socket.destroyed) setImmediate(onClose);
    else response.on('close', onClose);
    socket.setNoDelay(true);
    socket.on('drain', onDrain);
    response.writeHead(200, headers);
    response.flushHeaders();
    letGo(response);
  }

  write({ chunk, text }: Line): void {
    if (!this.#isOver) this.#socket.write(this.#isChunked ? chunk : text);
  }

  isFull(): boolean {
    return this.#socket.writableNeedDrain;
  }

  async taken(): Promise<void> {
    if (!this.isFull() || this.#isOver) return;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
    });
  }

  end(): void {
    this.#isOver = true;
    this.#response.end();
  }

  destroy(): void {
    this.#response.destroy();
  }
}

/** The same for all. */
const NO_RAW_HEADERS: string[] = [];
const NO_HEADERS: IncomingHttpHeaders = {};

/** What stands in the place of the head that was sent: Node asks no more of it than whether there was one. */
const SENT = 'sent';

/** Node's HTTP server puts others of its own into each socket, to know who begins to read there beside it. Nobody does. */
const { on, addListener, prependListener } = Duplex.prototype;
const METHODS = { on, addListener, prependListener };

/**
 * What is only there to read a request and begin its answer is as large as much of the rest, and Node keeps it for as long as the answer is open
 * (decision 245): what the client sent, the head of the answer, and methods of the socket. The last two Node does not document: where a
 * version has them no more, a stream is larger.
 */
function letGo(response: ServerResponse): void {
  const request: IncomingMessage & { originalUrl?: string } = response.req;
  request.rawHeaders = NO_RAW_HEADERS;
  request.headers = NO_HEADERS;
  request.url = '';
  // By Fastify, where it has another.
  if (request.originalUrl !== undefined) request.originalUrl = '';
  const undocumented: { _header?: unknown } = response as object;
  if (typeof undocumented._header === 'string') undocumented._header = SENT;
  if (Object.hasOwn(request.socket, 'on')) Object.assign(request.socket, METHODS);
}
