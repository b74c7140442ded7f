import { join } from 'node:path';
import { expect } from 'chai';
import type { Child } from '../../../local/children/child.ts';
import { freePort, freePorts } from '../../../local/ports.ts';
import { startProcess } from '../../../local/processes.ts';
import { ALL_PRIVILEGES, prosodyConfig } from '../../../local/prosody/prosody-config.ts';
import type { Stack } from '../../../local/stack/stack.ts';
import type { XmppServer } from '../../../local/xmpp-server.ts';
import { SERVERS, type ServerName, type ServerSettings, startServer } from '../../../local/xmpp-servers.ts';
import { createApi } from '../api.ts';
import { eventually } from '../eventually.ts';
import { federated, startNamesOf } from './federation.ts';
import { startOwnStack, type TestStack, type TestStackOptions } from './own-stack.ts';

/** Another host, on the same Prosody or on a server of its own, with a component of its own. */
export const SECOND = { host: 'brand.example', componentDomain: 'tune.brand.example', secret: 'of-the-second-home' };
export const FIRST = 'op.example';

/** Numbers of these countries get new accounts at the second. */
const HOMES = `${FIRST} ${SECOND.host}=+49,+44`;

/** Both homes on one Prosody, or each on a server of its own, that reach each other. */
export type Servers = 'one Prosody' | readonly [ServerName, ServerName];

export type TwoHomes = TestStack & {
  /** The second home. */
  second: {
    /** Where its clients log in. */
    xmpp: { port: number; domain: string };
    /** What its component is told. */
    env: Record<string, string>;
    server(): XmppServer;
    /** SIGKILL; that of both, where there is one. */
    killServer(): Promise<void>;
    restartServer(): Promise<void>;
  };
};

/** What titles call them. */
export function titleOf(servers: Servers): string {
  if (servers === 'one Prosody') return servers;
  const [first, second] = servers.map((name) => SERVERS[name].title);
  return first === second ? `two servers of ${first} that federate` : `${first} and ${second} that federate`;
}

/** Both homes, without the second component (see `startSecondComponent`). */
export function startTwoHomes(servers: Servers, options: TestStackOptions = {}): Promise<TwoHomes> {
  const told = { ...options, env: { EARSHOT_HOMES: HOMES, ...options.env } };
  return servers === 'one Prosody' ? onOneProsody(told) : onTwoServers(servers, told);
}

async function onOneProsody(options: TestStackOptions): Promise<TwoHomes> {
  const stack = await startOwnStack({ ...options, server: 'prosody', prosody: { extraSettings: secondHost() } });
  return {
    ...stack,
    second: {
      xmpp: { port: stack.xmpp.port, domain: SECOND.host },
      env: { EARSHOT_COMPONENT_SERVICE: stack.env.EARSHOT_COMPONENT_SERVICE ?? '' },
      server: stack.server,
      killServer: () => stack.kill('server'),
      restartServer: () => stack.restart('server'),
    },
  };
}

async function onTwoServers([first, second]: readonly [ServerName, ServerName], options: TestStackOptions) {
  const ports = { [FIRST]: await freePort(), [SECOND.host]: await freePort() };
  const nameServer = await startNamesOf(ports);
  const federation = (host: string) => federated({ ports, nameServer }, host);
  const stack = await startOwnStack({ ...options, server: first, ...withSettings(options, federation(FIRST)) });
  const [c2sPort, componentPort, apiPort] = (await freePorts(3)) as [number, number, number];
  const api = { domain: SECOND.host, apiPort, apiPassword: 'of-the-api-of-the-second-home' };
  const start = () =>
    startServer(
      second,
      { ...api, dir: join(stack.dataDir, 'second'), componentSecret: SECOND.secret, c2sPort, componentPort },
      federation(SECOND.host),
    );
  let server = await start().catch(async (err: unknown) => {
    await stack.stop();
    throw err;
  });
  return {
    ...stack,
    second: {
      xmpp: { port: c2sPort, domain: SECOND.host },
      env: { EARSHOT_COMPONENT_SERVICE: `xmpp://127.0.0.1:${componentPort}`, ...SERVERS[second].env(api) },
      server: () => server,
      killServer: () => server.kill(),
      async restartServer() {
        await server.stop();
        server = await start();
      },
    },
    async stop() {
      await server.stop();
      await stack.stop();
      await nameServer.stop();
    },
  };
}

/** What a test asks of the server beside what these ask. */
function withSettings(asked: ServerSettings, more: Required<ServerSettings>): ServerSettings {
  return {
    prosody: { ...asked.prosody, ...more.prosody },
    ejabberd: {
      ...asked.ejabberd,
      ...more.ejabberd,
      modules: { ...asked.ejabberd?.modules, ...more.ejabberd.modules },
    },
  };
}

/** Lines of Prosody's configuration for the second host, as for the first: to stand after those for all hosts. */
function secondHost(): string[] {
  const text = prosodyConfig({
    ...{ folder: '', c2sPort: 0, componentPort: 0, extraModules: [], withoutModules: [], extraSettings: [] },
    domain: SECOND.host,
    componentDomain: SECOND.componentDomain,
    componentSecret: SECOND.secret,
    privileges: ALL_PRIVILEGES,
    validateFromAddresses: false,
    componentIsAdmin: true,
  });
  return [text.slice(text.indexOf('VirtualHost'))];
}

/** The component of the second home. `homes`: what it is told of all, if not what the others are; `entry`: its file, if not the sources'. */
export function startSecondComponent(
  stack: TwoHomes,
  logFile: string,
  { homes, entry }: { homes?: string; entry?: string } = {},
): Promise<Child> {
  const env = {
    ...stack.env,
    ...(homes !== undefined && { EARSHOT_HOMES: homes }),
    EARSHOT_HOME_HOST: SECOND.host,
    EARSHOT_COMPONENT_DOMAIN: SECOND.componentDomain,
    EARSHOT_COMPONENT_SECRET: SECOND.secret,
    ...stack.second.env,
  };
  return startProcess({ role: 'component', env, logFile, ...(entry !== undefined && { entry }) });
}

/** Waits until each home lacks what is said here, by `/readyz`; default nothing. */
export async function homesLack(
  stack: Pick<Stack, 'gatewayUrl' | 'operatorKey'>,
  wanted: Record<string, string[]> = { [FIRST]: [], [SECOND.host]: [] },
): Promise<void> {
  const api = createApi(stack);
  await eventually(async () => {
    const { body } = await api.call('GET', '/readyz');
    const homes = (body.homes ?? []) as unknown as { host: string; missing: string[] }[];
    expect(Object.fromEntries(homes.map(({ host, missing }) => [host, missing]))).to.deep.equal(wanted);
  });
}
