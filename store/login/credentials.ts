import { randomUUID } from 'node:crypto';
import type { Grant } from '../../domain/access/grant.ts';
import type { Redis } from '../../runtime/redis/redis.ts';
import { IS_STILL } from '../base/fence.ts';
import type { Keys } from '../base/keys.ts';
import { readRecord } from '../base/record.ts';
import { as, defineScript } from '../base/script.ts';
import { hashOfKey, isApiKey, newApiKey } from './credential-secret.ts';

/**
 * Who a carrier is to Earshot: an API key, or a client whose OAuth access tokens are taken. `home`: the host at which it has
 * accounts made. Times: milliseconds since the epoch.
 */
export type Credential = Grant & {
  id: string;
  kind: 'key' | 'oauth';
  name: string;
  clientId?: string;
  home?: string;
  createdAt: number;
  expiresAt?: number;
  revokedAt?: number;
  /** Hashes of the API keys that open it; `until`: of one that was replaced, when it ends. */
  secrets: { hash: string; until?: number }[];
};

/** What the operator says of a credential that is to be made. */
export type NewCredential = Pick<Credential, 'name' | 'scopes' | 'ranges' | 'clientId' | 'home' | 'expiresAt'>;

/** To the hour: a credential in use costs one more write an hour. */
const USE_PRECISION = 3_600_000;

/**
 * The record behind a name and its last use, at one moment and with one call, as each request of a
 * carrier asks for it.
 */
const FIND = defineScript({
  keys: ['records', 'names', 'used'],
  args: ['name'],
  reply: as<string[]>,
  lua: `
local id = redis.call('HGET', names, name)
if not id then return {} end
return { redis.call('HGET', records, id), redis.call('HGET', used, id) or '' }`,
});

/**
 * Replaces the record `before`, with the names by which it is found: in one step, or a key that was
 * revoked could still open it.
 */
const REPLACE = defineScript({
  uses: [IS_STILL],
  keys: ['records', 'names'],
  args: ['id', 'before', 'after'],
  lists: ['added', 'removed'],
  reply: as<'ok' | 'changed' | 'taken'>,
  lua: `
if not isStill(records, id, before) then return 'changed' end
for _, name in ipairs(added) do
  if redis.call('HEXISTS', names, name) == 1 then return 'taken' end
end
for _, name in ipairs(added) do redis.call('HSET', names, name, id) end
for _, name in ipairs(removed) do redis.call('HDEL', names, name) end
redis.call('HSET', records, id, after)
return 'ok'`,
});

/**
 * Carriers' credentials, in one slot: hash `records` (id → JSON), hash `names` (`key:<hash of an API key>` or `client:<OAuth
 * client id>` → id), hash `used` (id → last use, to the hour). A revoked one is kept, so that the audit trail's ids mean something.
 */
export function createCredentials(redis: Redis, keys: Keys) {
  const { records, used } = keys.credentials;

  async function find(name: string, now: number): Promise<Credential | undefined> {
    const [json, lastUse] = await FIND.run(redis, keys.credentials, { name });
    const credential = json ? readRecord<Credential>(json, 'a credential') : undefined;
    if (!credential || !isAlive(credential, now)) return undefined;
    if (credential.kind === 'key' && !opens(credential, name, now)) return undefined;
    const hour = `${now - (now % USE_PRECISION)}`;
    if (lastUse !== hour) await redis.hSet(used, credential.id, hour);
    return credential;
  }

  async function replace(
    before: Credential | undefined,
    after: Credential,
    added: string[],
    removed: string[],
  ): Promise<'ok' | 'changed' | 'taken'> {
    const was = before ? JSON.stringify(before) : '';
    const args = { id: after.id, before: was, after: JSON.stringify(after), added, removed };
    return REPLACE.run(redis, keys.credentials, args);
  }

  async function get(id: string): Promise<Credential | undefined> {
    const json = await redis.hGet(records, id);
    return json === null ? undefined : readRecord<Credential>(json, `the credential ${id}`);
  }

  return {
    get,

    /** Undefined when unknown, replaced, expired or revoked. */
    async ofKey(key: string, now: number): Promise<Credential | undefined> {
      return isApiKey(key) ? find(keyName(hashOfKey(key)), now) : undefined;
    },

    async ofClient(clientId: string, now: number): Promise<Credential | undefined> {
      return find(clientName(clientId), now);
    },

    /** With a client id the credential is opened by that client's access tokens; without one by the key, which is shown this once. */
    async create(wanted: NewCredential, now: number): Promise<{ credential: Credential; key?: string } | 'taken'> {
      const key = wanted.clientId === undefined ? newApiKey() : undefined;
      const credential: Credential = {
        ...wanted,
        id: randomUUID(),
        kind: key ? 'key' : 'oauth',
        createdAt: now,
        secrets: key ? [{ hash: hashOfKey(key) }] : [],
      };
      const outcome = await replace(undefined, credential, namesOf(credential), []);
      if (outcome === 'taken') return 'taken';
      return key ? { credential, key } : { credential };
    },

    /** A new key; those before it open for `grace` more milliseconds. Undefined when the credential is no living API key. */
    async rotate(id: string, grace: number, now: number): Promise<{ credential: Credential; key: string } | undefined> {
      for (;;) {
        const before = await get(id);
        if (before?.kind !== 'key' || !isAlive(before, now)) return undefined;
        const key = newApiKey();
        const until = now + grace;
        const old = before.secrets.map((secret) => ({ ...secret, until: Math.min(secret.until ?? until, until) }));
        const [kept, gone] = [old.filter((one) => one.until > now), old.filter((one) => one.until <= now)];
        const credential = { ...before, secrets: [{ hash: hashOfKey(key) }, ...kept] };
        const outcome = await replace(
          before,
          credential,
          [keyName(hashOfKey(key))],
          gone.map(({ hash }) => keyName(hash)),
        );
        if (outcome === 'ok') return { credential, key };
      }
    },

    /** From this moment nothing opens it. */
    async revoke(id: string, now: number): Promise<void> {
      for (;;) {
        const before = await get(id);
        if (!before || before.revokedAt !== undefined) return;
        if ((await replace(before, { ...before, revokedAt: now, secrets: [] }, [], namesOf(before))) === 'ok') return;
      }
    },

    /** All that open something. */
    async living(now: number): Promise<Credential[]> {
      return (await redis.hVals(records))
        .map((json) => readRecord<Credential>(json, 'a credential'))
        .filter((one) => isAlive(one, now));
    },

    /** All there ever were, the oldest first, each with its last use, to the hour. */
    async list(): Promise<{ credential: Credential; lastUsedAt: number | undefined }[]> {
      const [all, uses] = await Promise.all([redis.hGetAll(records), redis.hGetAll(used)]);
      return Object.values(all)
        .map((json) => readRecord<Credential>(json, 'a credential'))
        .sort((a, b) => a.createdAt - b.createdAt)
        .map((credential) => {
          const use = uses[credential.id];
          return { credential, lastUsedAt: use === undefined ? undefined : Number(use) };
        });
    },
  };
}

/** Neither revoked nor expired. */
export function isAlive({ revokedAt, expiresAt }: Credential, now: number): boolean {
  return revokedAt === undefined && (expiresAt === undefined || expiresAt > now);
}

function opens({ secrets }: Credential, name: string, now: number): boolean {
  return secrets.some(({ hash, until }) => keyName(hash) === name && (until === undefined || until > now));
}

function namesOf({ secrets, clientId }: Credential): string[] {
  return [...secrets.map(({ hash }) => keyName(hash)), ...(clientId === undefined ? [] : [clientName(clientId)])];
}

const keyName = (hash: string) => `key:${hash}`;
const clientName = (clientId: string) => `client:${clientId}`;
