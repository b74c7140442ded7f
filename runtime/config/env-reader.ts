import { readFileSync } from 'node:fs';
import { prepareDomain } from '../../domain/account/jid.ts';
import type { RedisPlace } from '../redis/redis-options.ts';
import { hasCredentials, isSafeUrl } from '../safe-url.ts';

/** Variables of the environment, by name. */
export type Env = Readonly<Record<string, string | undefined>>;

/** The raw environment, as it was found; the only place that touches `process.env`. */
export function readEnv(): Env {
  return process.env;
}

export type Reader = ReturnType<typeof createReader>;

/**
 * Reads variables one by one and keeps every fault, so that the operator mends them all at once. Values are never repeated: some are secrets.
 * A variable may stand in a file instead, which `NAME_FILE` names.
 */
export function createReader(env: Env) {
  const faults: string[] = [];

  /** Undefined when it is not set, or empty. */
  function given(name: string): string | undefined {
    const file = env[`${name}_FILE`];
    if (!file) return env[name] || undefined;
    if (env[name]) faults.push(`${name} and ${name}_FILE are both set; keep one.`);
    try {
      const value = readFileSync(file, 'utf8').trim();
      if (value === '') faults.push(`${name}_FILE names a file that is empty.`);
      return value || undefined;
    } catch (err) {
      faults.push(`${name}_FILE cannot be read (${(err as NodeJS.ErrnoException).code}).`);
      return undefined;
    }
  }

  function text(name: string, fallback?: string): string {
    const value = given(name) ?? fallback;
    // Of a file that has no value it is said already.
    if (value === undefined && !env[`${name}_FILE`]) faults.push(`${name} is not set.`);
    return value ?? '';
  }

  function matching(name: string, pattern: RegExp, shape: string, fallback?: string): string {
    const value = text(name, fallback);
    if (value !== '' && !pattern.test(value)) faults.push(`${name} must be ${shape}.`);
    return value;
  }

  function domain(name: string, fallback?: string): string {
    const value = text(name, fallback);
    const prepared = prepareDomain(value);
    if (value !== '' && prepared === undefined) faults.push(`${name} must be a domain name such as op.example.`);
    return prepared ?? value;
  }

  function integer(name: string, least: number, most: number, fallback: number): number {
    const value = Number(given(name) ?? fallback);
    if (!Number.isInteger(value) || value < least || value > most)
      faults.push(`${name} must be a whole number from ${least} to ${most}.`);
    return value;
  }

  function oneOf<T extends string>(name: string, allowed: readonly [T, ...T[]], fallback: T): T {
    const value = allowed.find((one) => one === (given(name) ?? fallback));
    if (value === undefined) faults.push(`${name} must be one of: ${allowed.join(', ')}.`);
    return value ?? fallback;
  }

  function key(name: string, pattern: RegExp, bytes: string): Buffer {
    return Buffer.from(matching(name, pattern, `${bytes} random bytes in hexadecimal (openssl rand -hex 32)`), 'hex');
  }

  /** Undefined when it is not set. */
  function safeUrl(name: string): string | undefined {
    const value = given(name);
    if (value === undefined) return undefined;
    if (hasCredentials(value)) faults.push(`${name} must have no user and no password in it.`);
    else if (!isSafeUrl(value)) faults.push(`${name} must be an https:// address; http:// only on this machine.`);
    return value;
  }

  /** Separated by commas or blanks; empty when it is not set. */
  function list(name: string, isValid: (item: string) => boolean, shape: string): string[] {
    const items = (given(name) ?? '').split(/[\s,]+/).filter((item) => item !== '');
    if (!items.every(isValid)) faults.push(`${name} must be a list of ${shape}, separated by commas.`);
    return items;
  }

  function redisUrls(name: string, fallback: string): RedisPlace['urls'] {
    // A password may hold a comma.
    const [first = '', ...others] = text(name, fallback).split(/\s*,\s*(?=rediss?:)/);
    const urls: RedisPlace['urls'] = [first, ...others];
    if (urls.some((url) => SENTINEL.test(url)))
      faults.push(
        `${name} names a Sentinel, and none is asked which Redis is the master: name the Redis itself, redis://host:port. Where Redis has to outlive its machine, name the nodes of a Redis Cluster with replicas (docs/operating.md, "Redis").`,
      );
    else if (!urls.every(isRedisUrl))
      faults.push(
        `${name} must be redis://[user:password@]host:port[/db], or several of them with commas between; in user and password %25 stands for a %, %2F for a /, %23 for a #, and so on.`,
      );
    else if (new Set(urls.map(sharedPartOf)).size > 1)
      faults.push(
        `${name} must have the same scheme, user and password in every URL: all nodes of a cluster share them.`,
      );
    return urls;
  }

  return { faults, given, text, safeUrl, list, matching, domain, integer, oneOf, key, redisUrls };
}

/** As clients that know Sentinel write it. */
const SENTINEL = /^(?:rediss?\+)?sentinel:/;

function isRedisUrl(url: string): boolean {
  return /^rediss?:\/\/[^\s/]+(?:\/\d*)?$/.test(url) && URL.canParse(url) && isDecodable(new URL(url));
}

/** A `%` that begins nothing is no fault to `URL`, and one to whoever logs in. */
function isDecodable({ username, password }: URL): boolean {
  try {
    return typeof decodeURIComponent(username + password) === 'string';
  } catch {
    return false;
  }
}

function sharedPartOf(url: string): string {
  const { protocol, username, password } = new URL(url);
  return JSON.stringify([protocol, username, password]);
}
