import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Child, startChild } from '../children/child.ts';
import { waitUntil } from '../children/wait.ts';
import { privateFolder, waitForFormerServer } from '../folders.ts';
import { type Certificate, ownCertificate } from '../own-certificate.ts';
import { acceptsConnections, freePort, requireFreePort, requireXmppPorts } from '../ports.ts';
import { StartError } from '../start-error.ts';
import { offersFeatures } from '../stream-ping.ts';
import type { ApiPlace, ServerKind, ServerOptions, XmppServer } from '../xmpp-server.ts';
import { apiAnswers, apiEnv, type EjabberdApi, makeEjabberdAccount } from './ejabberd-api.ts';
import { ALL_EJABBERD_PRIVILEGES, API_COMMANDS, type EjabberdConfig, ejabberdConfig } from './ejabberd-config.ts';
import { type EjabberdProgram, findEjabberd, ROOT_SETTING } from './ejabberd-program.ts';

/** What a private ejabberd is told, and what its component may do. */
export interface EjabberdOptions extends ServerOptions {
  /** Where Debian's packages are unpacked, when they are not the system's. */
  root?: string;
  /** Default {@link ALL_EJABBERD_PRIVILEGES}. */
  privileges?: EjabberdConfig['privileges'];
  /** Default false; true forbids the component to send in other names. */
  checkFrom?: boolean;
  /** Default true; false forbids the component to create accounts. */
  componentIsAdmin?: boolean;
  /** Default {@link API_COMMANDS}. */
  apiCommands?: readonly string[];
  /** Modules with their options, which overrule the usual ones; `undefined` leaves a usual one out. */
  modules?: EjabberdConfig['modules'];
  /** Ports to listen at beside the usual ones. */
  listeners?: EjabberdConfig['listeners'];
  /** Settings of the whole server, which overrule the usual ones. */
  settings?: EjabberdConfig['settings'];
  /** Lines of Erlang's inetrc beside the usual one: how names are looked up. */
  names?: readonly string[];
}

/** Its HTTP API is what the component is told of it. */
export const ejabberd: ServerKind<Omit<EjabberdOptions, keyof ServerOptions>> = {
  title: 'ejabberd',
  start: startEjabberd,
  env: (options) => apiEnv(apiOf(options)),
  ownSettings: [ROOT_SETTING],
  allPrivileges: ALL_EJABBERD_PRIVILEGES,
  version: () => findEjabberd().version,
};

/** A running private ejabberd. */
export interface EjabberdServer extends XmppServer {
  version: string;
  configFile: string;
  api: EjabberdApi;
}

/** Names are looked up as the system does. Erlang would ask name servers itself, also for its own name, and wait for them. */
const INETRC = '{lookup, ["file", "native"]}.\n';

/** Makes the account of the HTTP API, whose name and password come by the environment, as anybody can read a command line. */
const MAKE_API_ACCOUNT =
  '[User, Host, Password] = [list_to_binary(os:getenv(Name)) || Name <- ["API_USER", "API_HOST", "API_PASSWORD"]],' +
  'ejabberd_auth:try_register(User, Host, Password), ejabberd_auth:set_password(User, Host, Password).';

/**
 * Starts an ejabberd on the loopback interface and waits until clients and components can connect and the HTTP API answers.
 * Throws a StartError: `PROGRAM_MISSING`, `PORT_TAKEN`, `DATA_DIR`, `ALREADY_RUNNING`, or `DIED` with ejabberd's last log lines.
 */
export async function startEjabberd(options: EjabberdOptions): Promise<EjabberdServer> {
  const program = findEjabberd(options.root);
  const dir = privateFolder(options.dir);
  const spool = privateFolder(join(dir, 'spool'));
  const place = await placeOf(options);
  await waitForFormerServer('ejabberd', spool, pidFile(dir));
  await requireXmppPorts(place);
  await requireFreePort(place.apiPort, 'the HTTP API of ejabberd', 'End that program or choose another port.');
  const certificate = options.tls ? await ownCertificate(dir, place.domain) : undefined;
  const configFile = writeConfig(dir, program, { ...place, certificate }, options);
  const child = await startChild({
    name: 'ejabberd',
    program: program.erl,
    args: erlArguments(program, spool),
    env: { ...process.env, ...erlEnv(dir, configFile, place) },
    logFile: logFile(dir),
    // How a later run recognises it.
    cwd: spool,
    deathSignal: 'TERM',
    graceMs: 10_000,
  });
  await untilServing(child, place);
  return {
    ...child,
    ...place,
    dir,
    configFile,
    version: program.version,
    componentSecret: options.componentSecret,
    certificate: certificate?.cert,
    makeAccount: (jid, password) => makeEjabberdAccount(place.api, jid, password),
  };
}

type Place = Pick<EjabberdServer, 'domain' | 'componentDomain' | 'c2sPort' | 'componentPort' | 'api'> & {
  apiPort: number;
};

async function placeOf(options: EjabberdOptions): Promise<Place> {
  const domain = options.domain ?? 'op.example';
  const apiPort = options.apiPort ?? (await freePort());
  const c2sPort = options.c2sPort ?? (await freePort());
  return {
    domain,
    c2sPort,
    componentDomain: options.componentDomain ?? `tune.${domain}`,
    componentPort: options.componentPort ?? (await freePort()),
    apiPort,
    api: apiOf({ domain, apiPort, apiPassword: options.apiPassword ?? randomBytes(24).toString('base64url') }),
  };
}

/** The HTTP API of an ejabberd that will be started with these. */
function apiOf({ domain, apiPort, apiPassword }: ApiPlace): EjabberdApi {
  return { url: `http://127.0.0.1:${apiPort}/api`, user: `earshot-api@${domain}`, password: apiPassword };
}

function writeConfig(
  dir: string,
  { version }: EjabberdProgram,
  place: Place & { certificate: Certificate | undefined },
  options: EjabberdOptions,
): string {
  const file = join(dir, 'ejabberd.yml');
  const text = ejabberdConfig({
    ...place,
    version,
    componentSecret: options.componentSecret,
    apiUser: place.api.user,
    apiCommands: options.apiCommands ?? API_COMMANDS,
    privileges: options.privileges ?? ALL_EJABBERD_PRIVILEGES,
    checkFrom: options.checkFrom ?? false,
    componentIsAdmin: options.componentIsAdmin ?? true,
    modules: options.modules ?? {},
    listeners: options.listeners ?? [],
    settings: options.settings ?? {},
  });
  writeFileSync(file, text, { mode: 0o600 });
  writeFileSync(inetrc(dir), [INETRC, ...(options.names ?? []).map((line) => `${line}\n`)].join(''), { mode: 0o600 });
  return file;
}

function erlArguments({ codePaths }: EjabberdProgram, spool: string): string[] {
  // Threads that have nothing to do shall not keep a core busy while they wait for more.
  const idle = ['+sbwt', 'none', '+sbwtdcpu', 'none', '+sbwtdio', 'none'];
  const mnesia = ['-mnesia', 'dir', erlangString(spool)];
  // Standard output would repeat what the log file gets.
  const ejabberd = ['-ejabberd', 'quiet', 'true', '-s', 'ejabberd', '-eval', MAKE_API_ACCOUNT];
  return ['-noinput', ...idle, '-pa', ...codePaths, ...mnesia, ...ejabberd];
}

function erlEnv(dir: string, configFile: string, { domain, api }: Place): Record<string, string> {
  return {
    EJABBERD_CONFIG_PATH: configFile,
    EJABBERD_LOG_PATH: logFile(dir),
    EJABBERD_PID_PATH: pidFile(dir),
    ERL_CRASH_DUMP_SECONDS: '0',
    ERL_INETRC: inetrc(dir),
    HOME: dir,
    API_USER: api.user.slice(0, api.user.lastIndexOf('@')),
    API_HOST: domain,
    API_PASSWORD: api.password,
  };
}

async function untilServing(child: Child, { c2sPort, componentPort, domain, api }: Place): Promise<void> {
  async function serving(): Promise<boolean> {
    refuseFailures(child);
    return (await acceptsConnections(componentPort)) && (await offersFeatures(c2sPort, domain)) && apiAnswers(api);
  }
  try {
    const goal = `ejabberd did not serve ${domain} on the ports ${c2sPort} and ${componentPort}`;
    await waitUntil(serving, { goal, timeoutMs: 120_000, everyMs: 50, children: [child] });
  } catch (error) {
    await child.kill();
    // Why it ended says more than that it did.
    refuseFailures(child);
    throw error;
  }
}

/** Erlang runs on for a while without the ejabberd that could not be started in it. */
function refuseFailures(child: Child): void {
  const failure = child.logTail(500).find((line) => line.includes('[critical]'));
  if (failure !== undefined) throw new StartError('DIED', `ejabberd did not start: ${failure.trim()}`);
}

function logFile(dir: string): string {
  return join(dir, 'ejabberd.log');
}

function pidFile(dir: string): string {
  return join(dir, 'ejabberd.pid');
}

function inetrc(dir: string): string {
  return join(dir, 'inetrc');
}

/** An Erlang string literal. */
function erlangString(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
