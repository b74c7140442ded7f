// ejabberd's HTTP API: https://docs.ejabberd.im/developer/ejabberd-api/
import { Fault } from '../../../domain/fault.ts';
import type { EjabberdApiConfig } from '../../../runtime/config/ejabberd-config.ts';
import { Denied } from '../../stream/denied.ts';

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

/** Milliseconds for an answer. */
const PATIENCE = 10_000;

/** The account or whatever it is called, and its host. */
export function partsOf(jid: string): { user: string; host: string } {
  const at = jid.indexOf('@');
  return { user: jid.slice(0, Math.max(at, 0)), host: jid.slice(at + 1) };
}

/** How ejabberd's HTTP API is called (mod_http_api). `credential`: undefined where it lets this address call without one. */
export function createApi({ url, credential }: EjabberdApiConfig): CallApi {
  const headers = { 'content-type': 'application/json', ...(credential && { authorization: basic(credential) }) };

  let version = VERSION;

  /** With the version, where ejabberd knows versions. */
  async function ask(command: string, body: string): Promise<Response> {
    const response = await post(`${url}/${command}${version}`, headers, body);
    if (response.status !== BAD_REQUEST || version === '') return response;
    await response.body?.cancel();
    const plain = await post(`${url}/${command}`, headers, body);
    if (plain.status !== BAD_REQUEST) version = '';
    return plain;
  }

  return async (command, args) => {
    const response = await ask(command, JSON.stringify(args));
    const { status } = response;
    if (status >= 500) throw away(`answered ${command} with ${status}`);
    const text = await response.text().catch(() => {
      throw away('broke off its answer');
    });
    if (!response.ok) throw new ApiRefusal(command, status);
    return parsed(text);
  };
}

async function post(url: string, headers: Record<string, string>, body: string): Promise<Response> {
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    return await fetch(url, { method: 'POST', headers, body, redirect: 'error', signal });
  } catch {
    throw away('does not answer');
  }
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
