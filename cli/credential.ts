import { call, expectJson, type Server } from './server.ts';
import { UsageError } from './usage-error.ts';

type Credential = {
  credentialId: string;
  kind: string;
  name: string;
  clientId?: string;
  scopes: string[];
  ranges: string[];
  state: string;
  lastUsedAt?: string;
  key?: string;
};

/** What may be given to `earshot credential`. */
export type CredentialOptions = {
  name?: string | undefined;
  scope?: string[] | undefined;
  range?: string[] | undefined;
  'oauth-client'?: string | undefined;
  home?: string | undefined;
  expires?: string | undefined;
  grace?: string | undefined;
  json?: boolean | undefined;
};

const PATH = '/v1/credentials';

/** `earshot credential create|list|rotate|revoke`. A key is printed this once. */
export async function credential(
  server: Server,
  args: readonly string[],
  options: CredentialOptions,
  print: (line: string) => void,
): Promise<number> {
  const [action, id, ...more] = args;
  if (more.length > 0 || (id === undefined) === (action === 'rotate' || action === 'revoke')) throw usage();
  const path = `${PATH}/${encodeURIComponent(id ?? '')}`;
  const show = options.json
    ? (one: Credential) => print(JSON.stringify(one))
    : (one: Credential) => describe(one, print);
  if (action === 'create') show(expectJson(await post(server, PATH, toBody(options)), 201));
  else if (action === 'rotate') show(expectJson(await post(server, `${path}/rotate`, toRotation(options)), 200));
  else if (action === 'revoke') {
    const answer = await call(server, 'DELETE', path);
    if (answer.status !== 204) expectJson(answer, 204);
  } else if (action === 'list') {
    const { credentials } = expectJson<{ credentials: Credential[] }>(await call(server, 'GET', PATH), 200);
    if (options.json) print(JSON.stringify({ credentials }));
    else for (const one of credentials) print(lineOf(one));
  } else throw usage();
  return 0;
}

function post(server: Server, path: string, body: unknown) {
  return call(server, 'POST', path, { type: 'application/json', text: JSON.stringify(body) });
}

function toBody({ name, scope, range, 'oauth-client': clientId, home, expires }: CredentialOptions) {
  const lacking = [name === undefined ? '--name NAME' : '', scope === undefined ? '--scope SCOPE' : ''].filter(Boolean);
  if (lacking.length > 0) throw new UsageError(`credential create lacks ${lacking.join(' and ')}. See earshot --help.`);
  const odd = range?.find((one) => !one.startsWith('+'));
  if (odd !== undefined) throw new UsageError(`--range ${odd} must begin with + and the country code, such as +4915.`);
  return { name, scopes: scope, ranges: range ?? [], clientId, home, expiresAt: expires };
}

function toRotation({ grace }: CredentialOptions) {
  return grace === undefined ? {} : { graceSeconds: Number(grace) };
}

function describe(one: Credential, print: (line: string) => void): void {
  print(lineOf(one));
  if (one.key !== undefined) print(`Key, shown this once: ${one.key}`);
}

function lineOf({ credentialId, kind, name, clientId, scopes, ranges, state, lastUsedAt }: Credential): string {
  const where = ranges.length === 0 ? 'all numbers' : ranges.join(' ');
  const use = lastUsedAt === undefined ? 'never used' : `last used ${lastUsedAt}`;
  return [credentialId, state, kind, clientId ?? '-', JSON.stringify(name), scopes.join(' '), where, use].join('  ');
}

function usage(): UsageError {
  return new UsageError('See earshot --help: credential create, list, rotate ID, revoke ID.');
}
