import { readFileSync } from 'node:fs';
import { NO_NPM_START, readReady } from './ready-file.ts';
import { UsageError } from './usage-error.ts';

/** Where the gateway is and the operator's key for it. */
export type Server = { url: string; key: string };

/**
 * From EARSHOT_URL and EARSHOT_OPERATOR_KEY or EARSHOT_OPERATOR_KEY_FILE, else from the `ready.json` of an `npm start` in EARSHOT_DATA_DIR
 * or ./data. A URL without its key is refused: what was meant for that gateway must not go to another one. @throws UsageError
 */
export function findServer(env: NodeJS.ProcessEnv): Server {
  const key = env.EARSHOT_OPERATOR_KEY || keyIn(env.EARSHOT_OPERATOR_KEY_FILE);
  if (key) return { url: env.EARSHOT_URL ?? 'http://127.0.0.1:8080', key };
  if (env.EARSHOT_URL) throw new UsageError(`Set EARSHOT_OPERATOR_KEY as well: the key for ${env.EARSHOT_URL}.`);
  const ready = readReady(env);
  if (ready) return { url: ready.gatewayUrl, key: ready.operatorKey };
  throw new UsageError(
    `Set EARSHOT_OPERATOR_KEY, and EARSHOT_URL unless it is http://127.0.0.1:8080. Without them, ${NO_NPM_START}.`,
  );
}

function keyIn(file: string | undefined): string | undefined {
  if (!file) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (err) {
    throw new UsageError(`EARSHOT_OPERATOR_KEY_FILE cannot be read (${(err as NodeJS.ErrnoException).code}).`);
  }
}

/** What the API answers, whatever it is. */
export type Answer = { status: number; text: string };

/** What a call sends. `key`: its Idempotency-Key. */
export type Body = { type: string; text: string; key?: string };

/** One call of the API. @throws UsageError when nothing answers */
export async function call(server: Server, method: string, path: string, body?: Body): Promise<Answer> {
  const response = await request(server, method, path, body);
  return { status: response.status, text: await response.text().catch(() => noAnswer(server)) };
}

/** As `call`, where the answer is read as it comes. */
export async function request(server: Server, method: string, path: string, body?: Body): Promise<Response> {
  const headers = {
    authorization: `Bearer ${server.key}`,
    ...(body && { 'content-type': body.type }),
    ...(body?.key !== undefined && { 'idempotency-key': body.key }),
  };
  const init = { method, headers, ...(body ? { body: body.text } : {}) };
  return fetch(server.url + path, init).catch(() => noAnswer(server));
}

function noAnswer({ url }: Server): never {
  throw new UsageError(`Nothing answers at ${url}; is the gateway running?`);
}

/** The lines of an answer, those of each piece that comes together; they end early where the connection does. */
export async function* linesOf({ body }: Response): AsyncGenerator<string[]> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const piece of body ?? []) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      yield lines;
    }
  } catch {
    // The gateway ended, or somebody between: what was not told is asked for again.
  }
}

/** The JSON of an answer that must have that status. @throws UsageError with what the API said */
export function expectJson<T>(answer: Answer, status: number): T {
  if (answer.status !== status) throw new UsageError(detailOf(answer));
  return JSON.parse(answer.text) as T;
}

function detailOf({ status, text }: Answer): string {
  try {
    const { code, detail } = JSON.parse(text) as { code?: string; detail?: string };
    return detail ? `${detail} (${code})` : `The gateway answered ${status}.`;
  } catch {
    return `The gateway answered ${status}.`;
  }
}
