import { request as askPlainly, type IncomingMessage, Agent as PlainAgent, type RequestOptions } from 'node:http';
import { request as askSecurely, Agent as SecureAgent } from 'node:https';
import type { Socket } from 'node:net';

export type Answer = { status: number; text: string };

/** Posts to the same server as the calls before. `url`: http or https. Nothing is redirected. @throws Error when there is no answer in time */
export type Post = (url: string, headers: Readonly<Record<string, string>>, body: string) => Promise<Answer>;

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

/** Few connections at first, and one more for each that has had an answer. */
export function createPost(): Post {
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

  return (url, headers, body) =>
    new Promise((resolve, reject) => {
      const isSecure = url.startsWith('https:');
      const options: RequestOptions = { method: 'POST', headers, agent: isSecure ? secure : plain };
      const request = (isSecure ? askSecurely : askPlainly)(url, options, (response) => {
        noteAnswer(response.socket);
        read(response, (text) => {
          clearTimeout(timer);
          resolve({ status: response.statusCode ?? 0, text });
        });
        response.on('error', fail);
      });
      // One that still waits for a connection ends without a word.
      const timer = setTimeout(() => fail(new Error('There is no answer in time.')), PATIENCE);
      function fail(err: Error): void {
        clearTimeout(timer);
        request.destroy();
        reject(err);
      }
      request.on('error', fail);
      request.end(body);
    });
}

/** By its events, and a timer in place of a signal: an iterator and a signal for each call cost as much as the call. */
function read(response: IncomingMessage, done: (text: string) => void): void {
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    text += chunk;
  });
  response.on('end', () => done(text));
}
