import {
  request as askPlainly,
  type ClientRequest,
  type IncomingMessage,
  Agent as PlainAgent,
  type RequestOptions,
} from 'node:http';
import { request as askSecurely, Agent as SecureAgent } from 'node:https';
import type { Socket } from 'node:net';

export type Answer = { status: number; text: string };

/**
 * One call. `url`: http or https. `mayRepeat`: whether it may reach the server twice, which it does only where a connection that was kept
 * is closed before anything has come back, as a server may do that just as a call is sent.
 */
export type Call = { url: string; headers: Readonly<Record<string, string>>; body: string; mayRepeat: boolean };

/** Posts to the same server as the calls before. Nothing is redirected. @throws TooLong; Error when there is no answer in time */
export type Post = (call: Call) => Promise<Answer>;

/** The rest of an answer is not read. */
export class TooLong extends Error {
  constructor(longest: number) {
    super(`an answer of more than ${longest} characters`);
    this.name = 'TooLong';
  }
}

/**
 * Connections that have had no answer yet. As many wait at a listener of ejabberd until it takes them in (its `backlog`, which is 5); the
 * system drops what comes beyond, and a call that has such a connection is answered seconds later, or never.
 */
const MOST_NEW = 5;
const MOST = 50;
/** Milliseconds that one is kept for the next call. */
const KEPT = 4_000;
/** Milliseconds for an answer, with the time for which a call waits for a connection. */
const PATIENCE = 10_000;
/** Characters of an answer: the list of all who are online has some sixty for each. */
const LONGEST = 64 * 1024 * 1024;
/** How a connection that is closed without an answer shows itself. */
const CLOSED = ['ECONNRESET', 'EPIPE'];

/** Few connections at first, and one more for each that has had an answer. `longest`: characters of an answer. */
export function createPost(longest = LONGEST): Post {
  const settings = { keepAlive: true, maxSockets: MOST_NEW, scheduling: 'lifo', timeout: KEPT } as const;
  const plain = new PlainAgent(settings);
  const secure = new SecureAgent(settings);
  const answered = new Set<Socket>();

  function makeRoom(): void {
    for (const agent of [plain, secure]) agent.maxSockets = Math.min(answered.size + MOST_NEW, MOST);
  }

  function noteAnswer(socket: Socket): void {
    if (answered.has(socket)) return;
    answered.add(socket);
    socket.once('close', () => {
      answered.delete(socket);
      makeRoom();
    });
    makeRoom();
  }

  return ({ url, headers, body, mayRepeat }) =>
    new Promise((resolve, reject) => {
      const isSecure = url.startsWith('https:');
      const options: RequestOptions = { method: 'POST', headers, agent: isSecure ? secure : plain };
      let over = false;
      let request: ClientRequest;
      // One that still waits for a connection ends without a word.
      const timer = setTimeout(() => fail(new Error('There is no answer in time.')), PATIENCE);

      function end(): void {
        over = true;
        clearTimeout(timer);
      }

      function fail(err: Error): void {
        if (over) return;
        end();
        request.destroy();
        reject(err);
      }

      function begin(): void {
        let isAnswered = false;
        const mine = (isSecure ? askSecurely : askPlainly)(url, options, (response) => {
          isAnswered = true;
          noteAnswer(response.socket);
          read(response, longest, fail, (text) => {
            end();
            resolve({ status: response.statusCode ?? 0, text });
          });
        });
        mine.on('error', (err: NodeJS.ErrnoException) => {
          const isOld = mine.reusedSocket && !isAnswered && CLOSED.includes(err.code ?? '');
          if (mayRepeat && isOld && !over) begin();
          else fail(err);
        });
        request = mine.end(body);
      }

      begin();
    });
}

/** By its events, and a timer in place of a signal: an iterator and a signal for each call cost as much as the call. */
function read(
  response: IncomingMessage,
  longest: number,
  fail: (err: Error) => void,
  done: (text: string) => void,
): void {
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > longest) fail(new TooLong(longest));
  });
  response.on('end', () => done(text));
  response.on('error', fail);
}
