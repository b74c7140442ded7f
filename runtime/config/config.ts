import type { AccountNames } from '../../domain/account/account-name.ts';
import type { GuessedNumbers } from '../../domain/book/book-reader.ts';
import type { NumberBudget } from '../../domain/book/number-budget.ts';
import { Fault } from '../../domain/fault.ts';
import type { Policy } from '../../domain/friendship/association.ts';
import { isAllowEntry } from '../internal-addresses.ts';
import type { RedisPlace } from '../redis-options.ts';
import { type EdgeConfig, edgeConfig } from './edge-config.ts';
import { type EjabberdApiConfig, ejabberdConfig } from './ejabberd-config.ts';
import { createReader, type Env, type Reader } from './env-reader.ts';
import {
  type AssertionConfig,
  assertionConfig,
  type SmsConfig,
  smsConfig,
  type VerificationConfig,
  verificationConfig,
} from './login-config.ts';
import { type PageConfig, pageConfig } from './page-config.ts';

/** The raw environment, as it was found; the only place that touches `process.env`. */
export function readEnv(): Env {
  return process.env;
}

/** What every process needs. */
export type CommonConfig = {
  /** One server, or some nodes of a cluster. */
  redisUrls: RedisPlace['urls'];
  redisPrefix: string;
  /** Distinct numbers that a subscriber may have looked up. */
  numberBudget: NumberBudget;
  logLevel: string;
};

/** The keys under which numbers and secrets are kept. */
export type KeyConfig = {
  /** The key of the hashes under which phone numbers are kept. */
  numberKey: Buffer;
  /** The one before it, while it is being changed. */
  numberKeyPrevious?: Buffer;
  /** The key under which secrets are sealed: credentials of network address books, passwords of players, blocked numbers, codes for logging in. 32 bytes. */
  secretsKey: Buffer;
};

/** What serves subscribers needs, whichever door they come through. */
export type ServiceConfig = KeyConfig & {
  homeHost: string;
  /** What the accounts are called that are made here. */
  accountNames: AccountNames;
  consent: ConsentStep;
  /** Milliseconds of a subscriber's silence after which whoever proves its number is asked whether that is the same person. */
  numberQuarantine: number;
  guessedNumbers: GuessedNumbers;
  /** Milliseconds that a subscriber's token lives. */
  tokenLifetime: number;
  verification: VerificationConfig;
  /** Whether clients that speak Quicksy's protocol may register and find people. */
  quicksy: 'on' | 'off';
  /** Whether existing players may say what plays, by their own protocols. */
  players: 'on' | 'off';
  /** Whether it is kept for seven days what subscribers have shown their friends, to say what is popular among these. */
  popular: 'on' | 'off';
  /** Where players and people reach the gateway, without a slash at the end; undefined: where they say that they have reached it. */
  publicUrl: string | undefined;
  /** Entries that each audit trail keeps. */
  auditMaxEntries: number;
};

export type ComponentConfig = CommonConfig &
  ServiceConfig & {
    service: string;
    domain: string;
    secret: string;
    /** Milliseconds between two publishes of one subscriber. */
    publishInterval: number;
    /** Whether the component stands still where the server grants no privileges, or offers matches there. */
    privileges: 'required' | 'optional';
    ejabberdApi: EjabberdApiConfig | undefined;
  };

/** Who says that a new subscriber may be found: the operator who adds it, or nobody but the subscriber itself, later. */
export type ConsentStep = 'operator' | 'subscriber';

export type GatewayConfig = CommonConfig &
  ServiceConfig & {
    host: string;
    port: number;
    operatorKey: string;
    /** Milliseconds after which a Redis that does not answer is taken for one that is away. */
    redisPatience: number;
    assertions: AssertionConfig;
    /** Hosts and networks on which address books may be read although they are internal. */
    sourceAllow: readonly string[];
    page: PageConfig;
    edge: EdgeConfig;
  };

export type WorkerConfig = CommonConfig &
  KeyConfig & {
    policy: Policy;
    guessedNumbers: GuessedNumbers;
    sourceAllow: readonly string[];
    /** Milliseconds between two reads of a network address book. */
    sourceInterval: number;
    sms: SmsConfig;
  };

/** @throws Fault INVALID_ARGUMENT that names every variable at fault. */
export function toComponentConfig(env: Env): ComponentConfig {
  return check(env, (read) => ({
    ...common(read),
    ...service(read),
    service: read.matching(
      'EARSHOT_COMPONENT_SERVICE',
      /^xmpp:\/\/[^\s/]+$/,
      'xmpp://host:port',
      'xmpp://127.0.0.1:5347',
    ),
    domain: read.domain('EARSHOT_COMPONENT_DOMAIN', `tune.${env.EARSHOT_HOME_HOST ?? 'op.example'}`),
    secret: read.text('EARSHOT_COMPONENT_SECRET'),
    publishInterval: read.integer('EARSHOT_PUBLISH_INTERVAL_MS', 0, 600_000, 5_000),
    privileges: read.oneOf('EARSHOT_PRIVILEGES', ['required', 'optional'], 'required'),
    ejabberdApi: ejabberdConfig(read),
  }));
}

/** @throws Fault INVALID_ARGUMENT that names every variable at fault. */
export function toGatewayConfig(env: Env): GatewayConfig {
  return check(env, (read) => ({
    ...common(read),
    ...service(read),
    host: read.text('EARSHOT_HTTP_HOST', '127.0.0.1'),
    port: read.integer('EARSHOT_HTTP_PORT', 0, 65_535, 8080),
    operatorKey: read.matching('EARSHOT_OPERATOR_KEY', /^[\x21-\x7e]{16,512}$/, '16 to 512 visible ASCII characters'),
    redisPatience: read.integer('EARSHOT_REDIS_PATIENCE_MS', 100, 600_000, 1_250),
    assertions: assertionConfig(read),
    sourceAllow: sourceAllow(read),
    page: pageConfig(read),
    edge: edgeConfig(read),
  }));
}

/** @throws Fault INVALID_ARGUMENT that names every variable at fault. */
export function toWorkerConfig(env: Env): WorkerConfig {
  return check(env, (read) => ({
    ...common(read),
    policy: read.oneOf('EARSHOT_POLICY', ['mutual', 'either'], 'mutual'),
    sourceInterval: read.integer('EARSHOT_SOURCE_INTERVAL_MINUTES', 1, 44_640, 360) * 60_000,
    sms: smsConfig(read),
    ...keys(read),
    guessedNumbers: guessedNumbers(read),
    sourceAllow: sourceAllow(read),
  }));
}

function service(read: Reader): ServiceConfig {
  return {
    ...keys(read),
    homeHost: read.domain('EARSHOT_HOME_HOST'),
    accountNames: read.oneOf('EARSHOT_ACCOUNT_NAMES', ['random', 'number'], 'random'),
    consent: read.oneOf('EARSHOT_CONSENT', ['operator', 'subscriber'], 'operator'),
    numberQuarantine: read.integer('EARSHOT_NUMBER_QUARANTINE_DAYS', 0, 36_500, 45) * 86_400_000,
    guessedNumbers: guessedNumbers(read),
    tokenLifetime: read.integer('EARSHOT_TOKEN_DAYS', 1, 3650, 90) * 86_400_000,
    verification: verificationConfig(read),
    quicksy: quicksy(read),
    players: read.oneOf('EARSHOT_PLAYERS', ['on', 'off'], 'on'),
    popular: read.oneOf('EARSHOT_POPULAR', ['on', 'off'], 'on'),
    publicUrl: read.given('EARSHOT_PUBLIC_URL') === undefined ? undefined : publicUrl(read),
    auditMaxEntries: read.integer('EARSHOT_AUDIT_MAX_ENTRIES', 1_000, 1_000_000_000, 1_000_000),
  };
}

/** Quicksy's clients log in as `+E164@host`, so accounts must be named after numbers. */
function quicksy(read: Reader): 'on' | 'off' {
  const value = read.oneOf('EARSHOT_QUICKSY', ['on', 'off'], 'off');
  if (value === 'on' && read.given('EARSHOT_ACCOUNT_NAMES') !== 'number')
    read.faults.push(
      'EARSHOT_QUICKSY=on needs EARSHOT_ACCOUNT_NAMES=number, as its clients log in with the number; docs/security.md says what that tells strangers.',
    );
  return value;
}

function guessedNumbers(read: Reader): GuessedNumbers {
  return read.oneOf('EARSHOT_GUESSED_NUMBERS', ['use', 'ignore'], 'use');
}

function sourceAllow(read: Reader): string[] {
  return read.list('EARSHOT_SOURCE_ALLOW', isAllowEntry, 'hosts, addresses and networks, such as 10.1.0.0/16');
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
    redisUrls: read.redisUrls('EARSHOT_REDIS_URL', 'redis://127.0.0.1:6379'),
    redisPrefix: read.matching('EARSHOT_REDIS_PREFIX', /^[\w-]{1,32}$/, '1 to 32 letters, digits, _ or -', 'earshot'),
    numberBudget: {
      first: read.integer('EARSHOT_NUMBER_BUDGET', 0, 1_000_000_000, 5_000),
      daily: read.integer('EARSHOT_NUMBER_BUDGET_DAILY', 1, 1_000_000_000, 100),
    },
    logLevel: read.oneOf('EARSHOT_LOG_LEVEL', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  };
}

/** The shape of a number key, and how many bytes it has, in words. */
const NUMBER_KEY = [/^(?:[0-9a-fA-F]{2}){32,}$/, '32 or more'] as const;

function keys(read: Reader): KeyConfig {
  const numberKey = read.key('EARSHOT_NUMBER_KEY', ...NUMBER_KEY);
  const secretsKey = read.key('EARSHOT_SECRETS_KEY', /^[0-9a-fA-F]{64}$/, '32');
  if (read.given('EARSHOT_NUMBER_KEY_PREVIOUS') === undefined) return { numberKey, secretsKey };
  const numberKeyPrevious = read.key('EARSHOT_NUMBER_KEY_PREVIOUS', ...NUMBER_KEY);
  if (numberKeyPrevious.equals(numberKey))
    read.faults.push('EARSHOT_NUMBER_KEY_PREVIOUS must be the key before EARSHOT_NUMBER_KEY, not the same.');
  return { numberKey, numberKeyPrevious, secretsKey };
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
