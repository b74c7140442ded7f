import { StartError } from '../start-error.ts';

/** The HTTP API of a private ejabberd (mod_http_api), which takes one account's name and password (HTTP Basic). */
export interface EjabberdApi {
  /** Without a slash at the end: commands stand below it. */
  url: string;
  /** A bare JID. */
  user: string;
  password: string;
}

const PATIENCE_MS = 10_000;
/** What `register` answers where the account is there. */
const CONFLICT = 409;

/** What Earshot's processes are told of it. */
export function apiEnv({ url, user, password }: EjabberdApi): Record<string, string> {
  return { EARSHOT_EJABBERD_API: url, EARSHOT_EJABBERD_API_USER: user, EARSHOT_EJABBERD_API_PASSWORD: password };
}

/** Whether it takes the credential. Its account is the last thing that is made at a start. */
export async function apiAnswers(api: EjabberdApi): Promise<boolean> {
  const [user, host] = partsOf(api.user);
  return call(api, 'check_account', { user, host }).then(
    (response) => response.ok,
    () => false,
  );
}

/** Creates an account, or gives it a new password when it is there. */
export async function makeEjabberdAccount(api: EjabberdApi, jid: string, password: string): Promise<void> {
  const [user, host] = partsOf(jid);
  const made = await call(api, 'register', { user, host, password });
  if (made.ok) return;
  const changed =
    made.status === CONFLICT ? await call(api, 'change_password', { user, host, newpass: password }) : made;
  if (!changed.ok) throw new StartError('DIED', `ejabberd has not made the account ${jid}: ${await changed.text()}`);
}

function call(api: EjabberdApi, command: string, args: Record<string, string>): Promise<Response> {
  return fetch(`${api.url}/${command}`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${api.user}:${api.password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(args),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
}

function partsOf(jid: string): [user: string, host: string] {
  const at = jid.lastIndexOf('@');
  return [jid.slice(0, at), jid.slice(at + 1)];
}
