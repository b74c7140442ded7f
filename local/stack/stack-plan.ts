import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import type { Child } from '../children/child.ts';
import { privateFolder } from '../folders.ts';
import { freePorts } from '../ports.ts';
import { ROLES, type Role, startProcess } from '../processes.ts';
import { type RedisServer, startRedis } from '../redis/redis-server.ts';
import { loadSecrets, type Secrets } from '../secrets.ts';
import { StartError } from '../start-error.ts';
import type { XmppServer } from '../xmpp-server.ts';
import { DEFAULT_SERVER, SERVERS, type ServerName, type ServerSettings, startServer } from '../xmpp-servers.ts';

/** A server or a process of the stack. */
export type PartName = 'redis' | 'server' | Role;

/** What a stack is made of. */
export interface PlanOptions extends ServerSettings {
  /** Everything that is kept: secrets, Redis, the XMPP server, logs. */
  dataDir: string;
  /** Any free port when left out, like the others. */
  httpPort?: number;
  xmppPort?: number;
  /** Default `op.example`. */
  domain?: string;
  /** Default `mutual`. */
  policy?: 'mutual' | 'either';
  /** Redis servers that run already, instead of a private one. */
  redisUrl?: string;
  /** Further `EARSHOT_*` settings for the three processes. */
  env?: Record<string, string>;
  /** Whether clients may encrypt; default not. */
  tls?: boolean;
  /** Which XMPP server; default {@link DEFAULT_SERVER}. A data folder is for one kind. */
  server?: ServerName;
  /** Returns the port at which the three processes find Redis, or the XMPP server, instead of at that of its own; for tests. */
  relay?: (part: 'redis' | 'server', port: number) => Promise<number>;
  /** Files to run instead of `<role>/main`; for tests. */
  entries?: Partial<Record<Role, string>>;
}

/** How to start each part, with ports and secrets that stay the same through every restart. */
export interface Plan {
  secrets: Secrets;
  httpPort: number;
  xmpp: { host: string; port: number; domain: string };
  env: Record<string, string>;
  /** The processes, as these settings want them: with a presence server (EARSHOT_SIP_SERVER) there is one for it. */
  roles: readonly Role[];
  start: { redis(): Promise<RedisServer>; server(): Promise<XmppServer> } & Record<Role, () => Promise<Child>>;
}

/** Chooses ports and secrets; starts nothing. Throws `DATA_DIR` where the folder is another server's, or its secrets are broken. */
export async function planStack(options: PlanOptions): Promise<Plan> {
  const dataDir = privateFolder(options.dataDir);
  const logs = privateFolder(join(dataDir, 'logs'));
  const server = options.server ?? DEFAULT_SERVER;
  refuseAnotherServer(dataDir, server);
  const secrets = loadSecrets(dataDir);
  const ports = await choosePorts(options);
  const domain = options.domain ?? 'op.example';
  // New at each start, as no process outlives the launcher that told it.
  const api = { apiPort: ports.api, apiPassword: randomBytes(24).toString('base64url') };
  const found = options.relay ? await relayed(ports, options.relay) : ports;
  const env = { ...earshotEnv(options, found, domain, secrets), ...SERVERS[server].env({ domain, ...api }) };
  const processOf = (role: Role) => () =>
    startProcess({ role, env, logFile: join(logs, `${role}.log`), ...entryOf(options, role) });
  return {
    secrets,
    httpPort: ports.http,
    xmpp: { host: '127.0.0.1', port: ports.c2s, domain },
    env,
    roles: env.EARSHOT_SIP_SERVER ? [...ROLES, 'sip'] : ROLES,
    start: {
      redis: () => startRedis({ dir: join(dataDir, 'redis'), port: ports.redis, password: secrets.redisPassword }),
      server: () =>
        startServer(
          server,
          {
            dir: join(dataDir, server),
            componentSecret: secrets.componentSecret,
            domain,
            tls: options.tls ?? false,
            c2sPort: ports.c2s,
            componentPort: ports.component,
            ...api,
          },
          options,
        ),
      component: processOf('component'),
      gateway: processOf('gateway'),
      worker: processOf('worker'),
      sip: processOf('sip'),
    },
  };
}

/** Redis knows people by accounts that are on the server of an earlier run, and on no other. */
function refuseAnotherServer(dataDir: string, server: ServerName): void {
  const other = (Object.keys(SERVERS) as ServerName[]).find(
    (name) => name !== server && existsSync(join(dataDir, name)),
  );
  if (other === undefined) return;
  throw new StartError(
    'DATA_DIR',
    `In ${dataDir} everybody has an account on ${SERVERS[other].title}. To run ${SERVERS[server].title}, choose another folder:

  EARSHOT_DATA_DIR='${dataDir}-${server}' npm start -- --server ${server}`,
  );
}

interface Ports {
  http: number;
  c2s: number;
  redis: number;
  component: number;
  api: number;
}

async function choosePorts({ httpPort, xmppPort }: PlanOptions): Promise<Ports> {
  const [redis, component, api, http, c2s] = (await freePorts(5)) as [number, number, number, number, number];
  return { redis, component, api, http: httpPort ?? http, c2s: xmppPort ?? c2s };
}

async function relayed(ports: Ports, relay: NonNullable<PlanOptions['relay']>): Promise<Ports> {
  return { ...ports, redis: await relay('redis', ports.redis), component: await relay('server', ports.component) };
}

function earshotEnv(options: PlanOptions, ports: Ports, domain: string, secrets: Secrets): Record<string, string> {
  return {
    EARSHOT_PUBLIC_URL: `http://127.0.0.1:${ports.http}`,
    // Nobody else takes what comes.
    EARSHOT_DRAIN_SECONDS: '0',
    ...options.env,
    EARSHOT_REDIS_URL: options.redisUrl ?? `redis://:${secrets.redisPassword}@127.0.0.1:${ports.redis}`,
    EARSHOT_HOME_HOST: domain,
    EARSHOT_COMPONENT_DOMAIN: `tune.${domain}`,
    EARSHOT_COMPONENT_SERVICE: `xmpp://127.0.0.1:${ports.component}`,
    EARSHOT_COMPONENT_SECRET: secrets.componentSecret,
    EARSHOT_OPERATOR_KEY: secrets.operatorKey,
    EARSHOT_NUMBER_KEY: secrets.numberKey,
    EARSHOT_SECRETS_KEY: secrets.secretsKey,
    EARSHOT_HTTP_HOST: '127.0.0.1',
    EARSHOT_HTTP_PORT: String(ports.http),
    EARSHOT_POLICY: options.policy ?? 'mutual',
  };
}

function entryOf(options: PlanOptions, role: Role): { entry?: string } {
  const entry = options.entries?.[role];
  return entry === undefined ? {} : { entry };
}
