// ejabberd's HTTP API: https://docs.ejabberd.im/developer/ejabberd-api/
import { Denied } from '../../stream/denied.ts';
import { Shut } from '../server.ts';
import { type Answer, createPost, TooLong } from './api-connections.ts';
import { awayAdvice, brokenAdvice, credentialAdvice } from './ejabberd-advice.ts';
import type { EjabberdApiConfig } from './ejabberd-settings.ts';

/** Gives what the command has returned. @throws ApiRefusal, Shut */
export type CallApi = (command: string, args: Readonly<Record<string, unknown>>) => Promise<unknown>;

/** The API answered with this HTTP status, which is a no. Its words are left out: they name accounts. */
export class ApiRefusal extends Denied {
  readonly status: number;

  constructor(command: string, status: number) {
    super(`the HTTP API of ejabberd answered ${command} with ${status}`);
    this.name = 'ApiRefusal';
    this.status = status;
  }
}

/** Of its commands. ejabberd 24 would write a warning for each call without; 23 takes none, and says `BAD_REQUEST`. */
const VERSION = '/v1';
const BAD_REQUEST = 400;
/** What it says to a credential that it does not know, and to nothing else: whom it knows it refuses what is not allowed with 403. */
const UNAUTHORIZED = 401;
/** What only tells something, and may be asked twice. */
const QUESTIONS: readonly string[] = ['check_account', 'connected_users_vhost', 'stats', 'user_sessions_info'];
const AWAY = 'the HTTP API of ejabberd to answer (EARSHOT_EJABBERD_API)';
const STRANGER =
  'the HTTP API of ejabberd to let the component in (EARSHOT_EJABBERD_API_USER, EARSHOT_EJABBERD_API_PASSWORD)';

/** The account or whatever it is called, and its host. */
export function partsOf(jid: string): { user: string; host: string } {
  const at = jid.indexOf('@');
  return { user: jid.slice(0, Math.max(at, 0)), host: jid.slice(at + 1) };
}

/** How ejabberd's HTTP API is called (mod_http_api). `credential`: undefined where it lets this address call without one; `longest`: of `createPost`. */
export function createApi({ url, credential }: EjabberdApiConfig, longest?: number): CallApi {
  const headers = { 'content-type': 'application/json', ...(credential && { authorization: basic(credential) }) };
  const send = createPost(longest);

  let version = VERSION;

  async function post(path: string, body: string, mayRepeat: boolean): Promise<Answer> {
    try {
      return await send({ url: `${url}/${path}`, headers, body, mayRepeat });
    } catch (err) {
      throw away(reasonOf(err));
    }
  }

  const away = (reason: string) => new Shut(AWAY, awayAdvice(url, reason));

  /** With the version, where ejabberd knows versions. */
  async function ask(command: string, body: string): Promise<Answer> {
    const mayRepeat = QUESTIONS.includes(command);
    // Which it is may be found out by another call meanwhile.
    const asked = version;
    const answer = await post(`${command}${asked}`, body, mayRepeat);
    if (answer.status !== BAD_REQUEST || asked === '') return answer;
    const plain = await post(command, body, mayRepeat);
    if (plain.status !== BAD_REQUEST) version = '';
    return plain;
  }

  return async (command, args) => {
    const { status, text } = await ask(command, JSON.stringify(args));
    if (status >= 500) throw new Shut(AWAY, brokenAdvice(url, command, status));
    if (isRedirect(status)) throw away(`answered with ${status}`);
    const reply = parsed(text);
    // Also its noes are JSON: who answers otherwise is somebody else, or ejabberd at another path.
    if (reply === undefined) throw away(`answered with ${status} and no JSON`);
    if (status === UNAUTHORIZED) throw new Shut(STRANGER, credentialAdvice(url));
    if (status >= 400) throw new ApiRefusal(command, status);
    return reply;
  };
}

/** The credential goes nowhere else. */
function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

/** Undefined where it is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A code, and nothing of what was sent. */
function reasonOf(err: unknown): string {
  if (err instanceof TooLong) return err.message;
  const { code } = err as { code?: unknown };
  return typeof code === 'string' && code !== 'ABORT_ERR' ? code : 'no answer in time';
}

/** RFC 7617 */
function basic({ user, password }: NonNullable<EjabberdApiConfig['credential']>): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
