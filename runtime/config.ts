import type { Policy } from '../domain/association.ts';
import { Fault } from '../domain/fault.ts';
import { parseBareJid } from '../domain/jid.ts';

/** The raw environment, as it was found; the only place that touches `process.env`. */
export function readEnv(): Env {
  return process.env;
}

export type Env = Readonly<Record<string, string | undefined>>;

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

/** Who says that a new subscriber may be found: the operator who adds it, or nobody but the subscriber itself, later. */
export type ConsentStep = 'operator' | 'subscriber';

export type GatewayConfig = CommonConfig & {
  homeHost: string;
  host: string;
  port: number;
  operatorKey: string;
  /** The key of the hashes under which phone numbers are kept. */
  numberKey: Buffer;
  /** The key under which blocked numbers are kept for their owner to read: 32 bytes. */
  secretsKey: Buffer;
  consent: ConsentStep;
  /** Milliseconds that a subscriber's token lives. */
  tokenLifetime: number;
  guessedNumbers: GuessedNumbers;
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
    consent: read.oneOf('EARSHOT_CONSENT', ['operator', 'subscriber'], 'operator'),
    tokenLifetime: read.integer('EARSHOT_TOKEN_DAYS', 1, 3650, 90) * 86_400_000,
    guessedNumbers: read.oneOf('EARSHOT_GUESSED_NUMBERS', ['use', 'ignore'], 'use'),
  }));
}

/** @throws Fault INVALID_ARGUMENT that names every variable at fault. */
export function toWorkerConfig(env: Env): WorkerConfig {
  return check(env, (read) => ({
    ...common(read),
    policy: read.oneOf('EARSHOT_POLICY', ['mutual', 'either'], 'mutual'),
  }));
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

type Reader = ReturnType<typeof createReader>;

function check<T>(env: Env, build: (read: Reader) => T): T {
  const read = createReader(env);
  const config = build(read);
  if (read.faults.length > 0)
    throw new Fault(
      'INVALID_ARGUMENT',
      `The configuration is not usable (docs/configuration.md):\n  ${read.faults.join('\n  ')}`,
    );
  return config;
}

/** Reads variables one by one and keeps every fault, so that the operator mends them all at once. Values are never repeated: some are secrets. */
function createReader(env: Env) {
  const faults: string[] = [];

  function text(name: string, fallback?: string): string {
    const value = env[name] || fallback;
    if (value === undefined) faults.push(`${name} is not set.`);
    return value ?? '';
  }

  function matching(name: string, pattern: RegExp, shape: string, fallback?: string): string {
    const value = text(name, fallback);
    if (value !== '' && !pattern.test(value)) faults.push(`${name} must be ${shape}.`);
    return value;
  }

  function domain(name: string, fallback?: string): string {
    const value = text(name, fallback);
    if (value !== '' && parseBareJid(`x@${value}`) === undefined)
      faults.push(`${name} must be a domain name such as op.example.`);
    return value.toLowerCase();
  }

  function integer(name: string, least: number, most: number, fallback: number): number {
    const value = Number(env[name] || fallback);
    if (!Number.isInteger(value) || value < least || value > most)
      faults.push(`${name} must be a whole number from ${least} to ${most}.`);
    return value;
  }

  function oneOf<T extends string>(name: string, allowed: readonly [T, ...T[]], fallback: T): T {
    const value = allowed.find((one) => one === (env[name] || fallback));
    if (value === undefined) faults.push(`${name} must be one of: ${allowed.join(', ')}.`);
    return value ?? fallback;
  }

  function key(name: string, pattern: RegExp, bytes: string): Buffer {
    return Buffer.from(matching(name, pattern, `${bytes} random bytes in hexadecimal (openssl rand -hex 32)`), 'hex');
  }

  return { faults, text, matching, domain, integer, oneOf, key };
}
