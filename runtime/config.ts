import type { Policy } from '../domain/association.ts';
import { Fault } from '../domain/fault.ts';
import { type EdgeConfig, edgeConfig } from './edge-config.ts';
import { createReader, type Env, type Reader } from './env-reader.ts';

/** The raw environment, as it was found; the only place that touches `process.env`. */
export function readEnv(): Env {
  return process.env;
}

/** What every process needs. */
export type CommonConfig = {
  redisUrl: string;
  redisPrefix: string;
  logLevel: string;
};

export type ComponentConfig = CommonConfig & {
  homeHost: string;
  service: string;
  domain: string;
  secret: string;
  /** Milliseconds between two publishes of one subscriber. */
  publishInterval: number;
};

/** What becomes of numbers that do not follow the dialling rules of the book's owner. */
export type GuessedNumbers = 'use' | 'ignore';

export type GatewayConfig = CommonConfig & {
  homeHost: string;
  host: string;
  port: number;
  operatorKey: string;
  /** The key of the hashes under which phone numbers are kept. */
  numberKey: Buffer;
  /** The key under which the passwords of players are kept: 32 bytes. */
  secretsKey: Buffer;
  /** Milliseconds that a subscriber's token lives. */
  tokenLifetime: number;
  guessedNumbers: GuessedNumbers;
  /** Entries that each audit trail keeps. */
  auditMaxEntries: number;
  /** Whether existing players may say what plays, by their own protocols. */
  players: 'on' | 'off';
  /** Where players reach this gateway, without a slash at the end; undefined: where they say that they have reached it. */
  publicUrl: string | undefined;
  edge: EdgeConfig;
};

export type WorkerConfig = CommonConfig & { policy: Policy };

/** @throws Fault INVALID_ARGUMENT that names every variable at fault. */
export function toComponentConfig(env: Env): ComponentConfig {
  return check(env, (read) => ({
    ...common(read),
    homeHost: read.domain('EARSHOT_HOME_HOST'),
    service: read.matching(
      'EARSHOT_COMPONENT_SERVICE',
      /^xmpp:\/\/[^\s/]+$/,
      'xmpp://host:port',
      'xmpp://127.0.0.1:5347',
    ),
    domain: read.domain('EARSHOT_COMPONENT_DOMAIN', `tune.${env.EARSHOT_HOME_HOST ?? 'op.example'}`),
    secret: read.text('EARSHOT_COMPONENT_SECRET'),
    publishInterval: read.integer('EARSHOT_PUBLISH_INTERVAL_MS', 0, 600_000, 5_000),
  }));
}

/** @throws Fault INVALID_ARGUMENT that names every variable at fault. */
export function toGatewayConfig(env: Env): GatewayConfig {
  return check(env, (read) => ({
    ...common(read),
    homeHost: read.domain('EARSHOT_HOME_HOST'),
    host: read.text('EARSHOT_HTTP_HOST', '127.0.0.1'),
    port: read.integer('EARSHOT_HTTP_PORT', 0, 65_535, 8080),
    operatorKey: read.matching('EARSHOT_OPERATOR_KEY', /^[\x21-\x7e]{16,512}$/, '16 to 512 visible ASCII characters'),
    numberKey: read.key('EARSHOT_NUMBER_KEY', /^(?:[0-9a-fA-F]{2}){32,}$/, '32 or more'),
    secretsKey: read.key('EARSHOT_SECRETS_KEY', /^[0-9a-fA-F]{64}$/, '32'),
    tokenLifetime: read.integer('EARSHOT_TOKEN_DAYS', 1, 3650, 90) * 86_400_000,
    guessedNumbers: read.oneOf('EARSHOT_GUESSED_NUMBERS', ['use', 'ignore'], 'use'),
    auditMaxEntries: read.integer('EARSHOT_AUDIT_MAX_ENTRIES', 1_000, 1_000_000_000, 1_000_000),
    players: read.oneOf('EARSHOT_PLAYERS', ['on', 'off'], 'on'),
    publicUrl: read.given('EARSHOT_PUBLIC_URL') === undefined ? undefined : publicUrl(read),
    edge: edgeConfig(read),
  }));
}

/** @throws Fault INVALID_ARGUMENT that names every variable at fault. */
export function toWorkerConfig(env: Env): WorkerConfig {
  return check(env, (read) => ({
    ...common(read),
    policy: read.oneOf('EARSHOT_POLICY', ['mutual', 'either'], 'mutual'),
  }));
}

function publicUrl(read: Reader): string {
  const url = read.matching(
    'EARSHOT_PUBLIC_URL',
    /^https?:\/\/[^\s?#]+$/,
    'an address such as https://tune.op.example',
  );
  return url.replace(/\/+$/, '');
}

function common(read: Reader): CommonConfig {
  return {
    redisUrl: read.matching(
      'EARSHOT_REDIS_URL',
      /^rediss?:\/\/\S+$/,
      'redis://[:password@]host:port[/db]',
      'redis://127.0.0.1:6379',
    ),
    redisPrefix: read.matching('EARSHOT_REDIS_PREFIX', /^[\w-]{1,32}$/, '1 to 32 letters, digits, _ or -', 'earshot'),
    logLevel: read.oneOf('EARSHOT_LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  };
}

function check<T>(env: Env, build: (read: Reader) => T): T {
  const read = createReader(env);
  const config = build(read);
  if (read.faults.length > 0)
    throw new Fault(
      'INVALID_ARGUMENT',
      `The configuration is not usable (docs/configuration.md):\n  ${[...new Set(read.faults)].join('\n  ')}`,
    );
  return config;
}
