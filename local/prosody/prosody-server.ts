import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Child, startChild } from '../children/child.ts';
import { requireProgram } from '../children/programs.ts';
import { waitUntil } from '../children/wait.ts';
import { privateFolder, waitForFormerServer } from '../folders.ts';
import { type Certificate, ownCertificate } from '../own-certificate.ts';
import { acceptsConnections, freePort, requireXmppPorts } from '../ports.ts';
import { StartError } from '../start-error.ts';
import { offersFeatures } from '../stream-ping.ts';
import type { ServerKind, ServerOptions, XmppServer } from '../xmpp-server.ts';
import { makeProsodyAccount } from './prosody-account.ts';
import { ALL_PRIVILEGES, type Privileges, prosodyConfig } from './prosody-config.ts';

/** What a private Prosody is told, and what its component may do. */
export interface ProsodyOptions extends ServerOptions {
  /** Default: {@link ALL_PRIVILEGES}. */
  privileges?: Privileges;
  /** Default false; true forbids the component to send in other names. */
  validateFromAddresses?: boolean;
  /** Default true; false forbids the component to create accounts. */
  componentIsAdmin?: boolean;
  /** Modules to load on the host beside the usual ones. */
  extraModules?: string[];
  /** Usual ones to leave out. */
  withoutModules?: string[];
  /** Lines of Lua after the usual ones for all hosts, which they overrule. */
  extraSettings?: string[];
}

/** What `npm start` runs. */
export const prosody: ServerKind<Omit<ProsodyOptions, keyof ServerOptions>> = {
  title: 'Prosody',
  start: startProsody,
  env: () => ({}),
  ownSettings: [],
  allPrivileges: ALL_PRIVILEGES,
};

/** A running private Prosody. */
export interface ProsodyServer extends XmppServer {
  configFile: string;
}

/**
 * Starts a Prosody on the loopback interface and waits until clients and components can connect.
 * Throws a StartError: `PROGRAM_MISSING`, `PORT_TAKEN`, `DATA_DIR`, `ALREADY_RUNNING`, or `DIED` with Prosody's last log lines.
 */
export async function startProsody(options: ProsodyOptions): Promise<ProsodyServer> {
  const program = requireProgram('prosody', 'prosody prosody-modules');
  const dir = privateFolder(options.dir);
  privateFolder(join(dir, 'data'));
  const place = await placeOf(options);
  const certificates = privateFolder(join(dir, 'certs'));
  const certificate = options.tls ? await ownCertificate(certificates, place.domain) : undefined;
  await waitForFormerServer('Prosody', join(dir, 'data'), join(dir, 'prosody.pid'));
  await requireXmppPorts(place);
  const configFile = writeConfig(dir, place, certificate, options);
  const child = await startChild({
    name: 'Prosody',
    program,
    args: ['-F', '--config', configFile],
    env: process.env,
    logFile: join(dir, 'prosody.log'),
    cwd: join(dir, 'data'),
    deathSignal: 'TERM',
  });
  await untilServing(child, place);
  return {
    ...child,
    ...place,
    dir,
    configFile,
    componentSecret: options.componentSecret,
    certificate: certificate?.cert,
    makeAccount: (jid, password) => makeProsodyAccount(configFile, jid, password),
  };
}

type Place = Pick<ProsodyServer, 'domain' | 'componentDomain' | 'c2sPort' | 'componentPort'>;

async function placeOf(options: ProsodyOptions): Promise<Place> {
  const domain = options.domain ?? 'op.example';
  const c2sPort = options.c2sPort ?? (await freePort());
  return {
    domain,
    c2sPort,
    componentDomain: options.componentDomain ?? `tune.${domain}`,
    componentPort: options.componentPort ?? (await freePort()),
  };
}

function writeConfig(
  folder: string,
  place: Place,
  certificate: Certificate | undefined,
  options: ProsodyOptions,
): string {
  const file = join(folder, 'prosody.cfg.lua');
  const text = prosodyConfig({
    ...place,
    folder,
    certificate,
    componentSecret: options.componentSecret,
    privileges: options.privileges ?? ALL_PRIVILEGES,
    validateFromAddresses: options.validateFromAddresses ?? false,
    componentIsAdmin: options.componentIsAdmin ?? true,
    extraModules: options.extraModules ?? [],
    withoutModules: options.withoutModules ?? [],
    extraSettings: options.extraSettings ?? [],
  });
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

async function untilServing(child: Child, { c2sPort, componentPort, domain }: Place): Promise<void> {
  async function serving(): Promise<boolean> {
    refuseFailures(child);
    return (await acceptsConnections(componentPort)) && (await offersFeatures(c2sPort, domain));
  }
  try {
    const goal = `Prosody did not serve ${domain} on the ports ${c2sPort} and ${componentPort}`;
    await waitUntil(serving, { goal, timeoutMs: 60_000, children: [child] });
    refuseFailures(child);
  } catch (error) {
    await child.kill();
    throw error;
  }
}

/** Prosody goes on without a module that is missing or a port that somebody else took meanwhile, and says so only in its log. */
function refuseFailures(child: Child): void {
  const lines = child.logTail(500);
  if (lines.some((line) => line.includes("Unable to load module 'privilege'"))) {
    throw new StartError(
      'PROGRAM_MISSING',
      "Prosody's mod_privilege is missing. On Debian: apt-get install prosody-modules",
    );
  }
  const failure = lines.find((line) =>
    /Failed to open server port|Error initializing module|Unable to load module/.test(line),
  );
  if (failure !== undefined) throw new StartError('DIED', `Prosody started only in part: ${failure.trim()}`);
}
