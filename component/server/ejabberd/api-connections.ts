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
      const signal = AbortSignal.timeout(PATIENCE);
      const request = (isSecure ? askSecurely : askPlainly)(url, { ...options, signal }, (response) => {
        noteAnswer(response.socket);
        read(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
      });
      request.on('error', reject);
      request.end(body);
    });
}

async function read(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += chunk;
  return text;
}
