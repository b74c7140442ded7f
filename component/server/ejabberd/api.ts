// ejabberd's HTTP API: https://docs.ejabberd.im/developer/ejabberd-api/
import { Fault } from '../../../domain/fault.ts';
import { Denied } from '../../stream/denied.ts';
import { type Answer, createPost } from './api-connections.ts';
import type { EjabberdApiConfig } from './ejabberd-settings.ts';

/** Gives what the command has returned. @throws ApiRefusal, Fault UNAVAILABLE */
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

/** The account or whatever it is called, and its host. */
export function partsOf(jid: string): { user: string; host: string } {
  const at = jid.indexOf('@');
  return { user: jid.slice(0, Math.max(at, 0)), host: jid.slice(at + 1) };
}

/** How ejabberd's HTTP API is called (mod_http_api). `credential`: undefined where it lets this address call without one. */
export function createApi({ url, credential }: EjabberdApiConfig): CallApi {
  const headers = { 'content-type': 'application/json', ...(credential && { authorization: basic(credential) }) };
  const send = createPost();

  let version = VERSION;

  async function post(path: string, body: string): Promise<Answer> {
    try {
      return await send(`${url}/${path}`, headers, body);
    } catch {
      throw away('does not answer');
    }
  }

  /** With the version, where ejabberd knows versions. */
  async function ask(command: string, body: string): Promise<Answer> {
    const answer = await post(`${command}${version}`, body);
    if (answer.status !== BAD_REQUEST || version === '') return answer;
    const plain = await post(command, body);
    if (plain.status !== BAD_REQUEST) version = '';
    return plain;
  }

  return async (command, args) => {
    const { status, text } = await ask(command, JSON.stringify(args));
    if (status >= 500 || isRedirect(status)) throw away(`answered ${command} with ${status}`);
    if (status >= 400) throw new ApiRefusal(command, status);
    return parsed(text);
  };
}

/** The credential goes nowhere else. */
function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw away('answers no JSON');
  }
}

function away(what: string): Fault {
  return new Fault('UNAVAILABLE', `The HTTP API of ejabberd ${what}.`);
}

/** RFC 7617 */
function basic({ user, password }: NonNullable<EjabberdApiConfig['credential']>): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}
