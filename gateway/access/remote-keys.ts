import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { Fault } from '../../domain/fault.ts';
import { elapsed as sinceBegun } from '../../runtime/elapsed.ts';
import { publishedJson } from './published-json.ts';

/** Milliseconds for which keys are used without asking again. */
const FRESH = 600_000;
/** Milliseconds in which the issuer is not asked a second time, whatever came of the first. */
const COOLDOWN = 30_000;
/** The same while no keys can be used: nobody can log in until there are some. It is what `Retry-After` says. */
const RETRY = 2_000;
/** Milliseconds for which keys are used while their issuer does not answer. */
const STALE = 24 * 3_600_000;
/**
 * Milliseconds that a caller waits for the issuer's keys, and that the issuer has for its answer.
 * An answer that comes in between serves the next callers.
 */
const PATIENCE = 1_500;
const ANSWER = 10_000;

/** `cooldown`: milliseconds. `elapsed`: milliseconds that only go on. */
export type RemoteKeyOptions = { cooldown?: number | undefined; elapsed?: (() => number) | undefined };

type Known = { keyOf: JWTVerifyGetKey; since: number };
/** When the issuer was asked last, and whether it has answered with keys. */
type Asked = { at: number; failed: boolean };

/**
 * The keys of an issuer (RFC 7517) at the address that `find` tells. They are fetched when they are
 * first needed, when they are ten minutes old, and when a token names a key that is not among them.
 * While the issuer hangs, tokens under known keys are checked at once, and others wait 1.5 s at
 * most. An issuer that does not answer is asked no oftener than one that does: each caller could
 * otherwise have it asked. The getter throws Fault UNAVAILABLE when the keys cannot be fetched: the token is then
 * neither refused as invalid nor accepted unchecked.
 */
export function createRemoteKeys(
  find: () => Promise<string>,
  { cooldown = COOLDOWN, elapsed = sinceBegun }: RemoteKeyOptions = {},
): JWTVerifyGetKey {
  let known: Known | undefined;
  let loading: Promise<Known> | undefined;
  let asked: Asked = { at: Number.NEGATIVE_INFINITY, failed: false };

  async function load(): Promise<Known> {
    const keyOf = createLocalJWKSet(await fetchKeys(await find()));
    known = { keyOf, since: elapsed() };
    return known;
  }
  function begin(): Promise<Known> {
    const question: Asked = { at: elapsed(), failed: false };
    asked = question;
    const begun = load().finally(() => {
      loading = undefined;
    });
    begun.catch(() => {
      question.failed = true;
    });
    return begun;
  }
  function usable(): Known | undefined {
    return known && elapsed() - known.since <= STALE ? known : undefined;
  }
  /** One fetch at a time, for all who wait; undefined when the issuer was asked a moment ago. */
  function loaded(): Promise<Known> | undefined {
    const pause = usable() ? cooldown : Math.min(cooldown, RETRY);
    if (!loading && elapsed() - asked.at >= pause) loading = begin();
    return loading;
  }

  return async (header, token) => {
    const age = known ? elapsed() - known.since : Infinity;
    if (age > FRESH) loaded();
    const { keyOf } = usable() ?? (await soon(loaded()));
    try {
      return await keyOf(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const more = loaded();
      if (!more && !asked.failed) throw error;
      return (await soon(more)).keyOf(header, token);
    }
  };
}

/** @throws Fault UNAVAILABLE */
async function soon(keys: Promise<Known> | undefined): Promise<Known> {
  if (!keys) throw unavailable();
  const timer = new AbortController();
  const late = sleep(PATIENCE, undefined, { signal: timer.signal }).then(() => undefined);
  late.catch(() => {});
  const found = await Promise.race([keys, late])
    .catch(() => undefined)
    .finally(() => timer.abort());
  if (!found) throw unavailable();
  return found;
}

function unavailable(): Fault {
  return new Fault('UNAVAILABLE', 'The keys of the issuer cannot be had now; try again in a moment.');
}

/** The key set at that address (RFC 7517). @throws Error */
export async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER),
  });
  if (response.status !== 200) throw new Error(`The key set is answered with status ${response.status}.`);
  return (await publishedJson(response)) as JSONWebKeySet;
}
