import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { Fault } from '../../domain/fault.ts';

/**
 * Milliseconds for which keys are used without asking again, and in which unknown ones are not
 * looked for a second time.
 */
const FRESH = 600_000;
const COOLDOWN = 30_000;
/** Milliseconds for which keys are used while their issuer does not answer. */
const STALE = 24 * 3_600_000;
/**
 * Milliseconds that a caller waits for the issuer's keys, and that the issuer has for its answer.
 * An answer that comes in between serves the next callers.
 */
const PATIENCE = 1_500;
const ANSWER = 10_000;

/** `cooldown`: milliseconds. `now`: milliseconds since the epoch. */
export type RemoteKeyOptions = { cooldown?: number | undefined; now?: (() => number) | undefined };

type Known = { keyOf: JWTVerifyGetKey; since: number };

/**
 * The keys of an issuer (RFC 7517) at the address that `find` tells. They are fetched when they are
 * first needed, when they are ten minutes old, and when a token names a key that is not among them.
 * While the issuer hangs, tokens under known keys are checked at once, and others wait 1.5 s at
 * most. The getter throws Fault UNAVAILABLE when the keys cannot be fetched: the token is then
 * neither refused as invalid nor accepted unchecked.
 */
export function createRemoteKeys(
  find: () => Promise<string>,
  { cooldown = COOLDOWN, now = Date.now }: RemoteKeyOptions = {},
): JWTVerifyGetKey {
  let known: Known | undefined;
  let loading: Promise<Known> | undefined;

  async function load(): Promise<Known> {
    const keyOf = createLocalJWKSet(await fetchKeys(await find()));
    known = { keyOf, since: now() };
    return known;
  }
  /** One fetch at a time, for all who wait. */
  function loaded(): Promise<Known> {
    loading ??= load().finally(() => {
      loading = undefined;
    });
    loading.catch(() => {});
    return loading;
  }

  return async (header, token) => {
    const age = known ? now() - known.since : Infinity;
    if (age > FRESH) loaded();
    const { keyOf, since } = known && age <= STALE ? known : await soon(loaded());
    try {
      return await keyOf(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || now() - since < cooldown) throw error;
      return (await soon(loaded())).keyOf(header, token);
    }
  };
}

/** @throws Fault UNAVAILABLE */
async function soon(keys: Promise<Known>): Promise<Known> {
  const timer = new AbortController();
  const late = sleep(PATIENCE, undefined, { signal: timer.signal }).then(() => undefined);
  late.catch(() => {});
  const found = await Promise.race([keys, late])
    .catch(() => undefined)
    .finally(() => timer.abort());
  if (!found) throw new Fault('UNAVAILABLE', 'The keys of the issuer cannot be had now; try again in a moment.');
  return found;
}

async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER),
  });
  if (response.status !== 200) throw new Error(`The key set is answered with status ${response.status}.`);
  return (await response.json()) as JSONWebKeySet;
}
