import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { BUDGET_DAY } from '../../../domain/book/number-budget.ts';
import { freePort } from '../../../local/ports.ts';
import { type Role, startProcess } from '../../../local/processes.ts';
import { createNumberKey } from '../../../runtime/secret/number-key.ts';
import { createStores, type Stores } from '../../../store/stores.ts';
import { type Api, createApi, type Person } from '../api.ts';
import { eventually, REDIS_PATIENCE } from '../eventually.ts';
import { startTestRedis } from '../redis.ts';

const NUMBER_KEY = 'ab'.repeat(32);
const SECRETS_KEY = 'cd'.repeat(32);

export type WithoutXmpp = {
  gatewayUrl: string;
  api: Api;
  stores: Stores;
  /** As a subscriber's own app calls it, with its token. */
  apiOf(person: Person): Api;
  /** A subscriber with a token, whose JID nobody looks for. */
  join(phoneNumber: string): Promise<Person>;
  keyOf(phoneNumber: string): string;
  logOf(role: Role): Promise<string>;
  /** As if a budget had been opened so many days earlier. */
  passDays(budget: string, days: number): Promise<void>;
  stop(): Promise<void>;
};

/** A Redis, a gateway and a worker: what matching takes. The wanted rosters are the end of it, or a component if there is one of the `roles`. */
export async function startWithoutXmpp(
  settings: Record<string, string>,
  roles: readonly Role[] = ['gateway', 'worker'],
): Promise<WithoutXmpp> {
  const redis = await startTestRedis();
  const folder = await mkdtemp(join(tmpdir(), 'earshot-without-xmpp-'));
  const [operatorKey, port] = [randomUUID(), await freePort()];
  const env = {
    EARSHOT_REDIS_URL: redis.url,
    EARSHOT_HOME_HOST: 'op.example',
    EARSHOT_DRAIN_SECONDS: '0',
    EARSHOT_HTTP_PORT: `${port}`,
    EARSHOT_OPERATOR_KEY: operatorKey,
    EARSHOT_NUMBER_KEY: NUMBER_KEY,
    EARSHOT_SECRETS_KEY: SECRETS_KEY,
    EARSHOT_LOG_LEVEL: 'warn',
    EARSHOT_REDIS_PATIENCE_MS: REDIS_PATIENCE,
    ...settings,
  };
  const start = (role: Role) => startProcess({ role, env, logFile: join(folder, `${role}.log`) });
  const processes = await Promise.all(roles.map(start));
  const gatewayUrl = `http://127.0.0.1:${port}`;
  const api = createApi({ gatewayUrl, operatorKey });
  await eventually(async () => expect((await fetch(`${gatewayUrl}/livez`)).status).to.equal(200));

  return {
    gatewayUrl,
    api,
    stores: createStores(redis.redis, 'earshot', Buffer.from(SECRETS_KEY, 'hex')),
    apiOf: ({ token }) => createApi({ gatewayUrl, operatorKey: token }),
    keyOf: createNumberKey(Buffer.from(NUMBER_KEY, 'hex')),
    logOf: (role) => readFile(join(folder, `${role}.log`), 'utf8'),
    async join(phoneNumber) {
      const jid = `${randomUUID()}@op.example`;
      const made = await api.expectStatus(201, api.call('POST', '/v1/subscribers', { phoneNumber, jid }));
      const id = String(made.body.subscriberId);
      const { body } = await api.expectStatus(201, api.call('POST', `/v1/subscribers/${id}/tokens`));
      return { id, jid, password: '', phoneNumber, token: String(body.token) };
    },
    async passDays(budget, days) {
      await redis.redis.hSet(budget, 'at', `${Number(await redis.redis.hGet(budget, 'at')) - days * BUDGET_DAY}`);
    },
    async stop() {
      await Promise.all(processes.map((one) => one.stop()));
      await redis.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
