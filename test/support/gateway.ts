import { randomUUID } from 'node:crypto';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { pino } from 'pino';
import type { Context } from '../../gateway/context.ts';
import { createCensus } from '../../gateway/metrics/census.ts';
import { buildServer } from '../../gateway/server.ts';
import type { Env } from '../../runtime/config/env-reader.ts';
import { toGatewayConfig } from '../../runtime/config/gateway-config.ts';
import { elapsed } from '../../runtime/elapsed.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { connectQueueRedis } from '../../runtime/queue/queue-redis.ts';
import { createQueues, type Queues } from '../../runtime/queue/queues.ts';
import { connectEvents, type Redis } from '../../runtime/redis/redis.ts';
import { createKeyedHash } from '../../runtime/secret/keyed-hash.ts';
import { createNumberKey, createNumberKeys } from '../../runtime/secret/number-key.ts';
import { createSubjectHash } from '../../runtime/secret/subject-hash.ts';
import { createEventSource } from '../../store/base/events.ts';
import { createStores, type Stores } from '../../store/stores.ts';
import { hashNumbers } from '../../store/subscriber/subscriber-record.ts';
import type { TestRedis } from './redis.ts';
import { addSubscriber } from './subscribers.ts';

const OPERATOR_KEY = 'an operator’s key'.replaceAll(/[^a-z]/g, '-');

export type TestGateway = Awaited<ReturnType<typeof openTestGateway>>;
export type Reply = { status: number; headers: Record<string, unknown>; text: string; body: Record<string, unknown> };

/** The gateway over a real Redis, in this process and without a port, with a clock that the test moves; with `parts` of the test's own. */
export async function openTestGateway(
  server: TestRedis,
  env: Env = {},
  parts: { redis?: Redis; queues?: Queues; clock?: () => number } = {},
) {
  const log = pino({ level: 'silent' });
  const config = toGatewayConfig({
    EARSHOT_HOME_HOST: 'op.example',
    EARSHOT_OPERATOR_KEY: OPERATOR_KEY,
    EARSHOT_NUMBER_KEY: 'ab'.repeat(32),
    EARSHOT_SECRETS_KEY: 'cd'.repeat(32),
    EARSHOT_REDIS_PREFIX: `t${randomUUID().slice(0, 8)}`,
    ...env,
  });
  const [queueRedis, eventRedis] = await Promise.all([
    connectQueueRedis(server.place, config.redisPrefix, 'wait', log),
    connectEvents(server.place, log),
  ]);
  const stores: Stores = createStores(parts.redis ?? server.redis, config.redisPrefix, config.secretsKey);
  const ownQueues = createQueues(queueRedis, log, stores.wakes.tell);
  const queues = parts.queues ?? ownQueues;
  let offset = 0;
  const clock = parts.clock ?? Date.now;
  const now = () => clock() + offset;
  const sinceBegun = () => (parts.clock ?? elapsed)() + offset;
  const numberKeys = createNumberKeys(config.numberKey, config.numberKeyPrevious);
  const context: Context = {
    config,
    stores,
    queues,
    events: createEventSource(eventRedis, stores.keys, server.place.sharded),
    numberKeyOf: createNumberKey(config.numberKey),
    numberKeys,
    subjectHashOf: createSubjectHash(config.numberKey),
    keyedHash: createKeyedHash(config.secretsKey),
    shutdown: { announced: false, refuses: false },
    metrics: createMetrics('gateway'),
    census: createCensus(stores.roll, log, sinceBegun),
    log,
    now,
    elapsed: sinceBegun,
  };
  const app: FastifyInstance = await buildServer(context);

  /** `from`: the caller's network address. */
  async function call(options: InjectOptions & { from?: string }): Promise<Reply> {
    const { from: remoteAddress = '192.0.2.1', ...request } = options;
    const { statusCode: status, headers, body: text } = await app.inject({ remoteAddress, ...request });
    const json = /[/+]json\b/.test(`${headers['content-type']}`);
    return { status, headers, text, body: json ? JSON.parse(text) : {} };
  }

  return {
    app,
    context,
    config,
    stores,
    now,
    call,
    operator: { authorization: `Bearer ${OPERATOR_KEY}` },
    post: (url: string, payload: object, from?: string, headers: Record<string, string> = {}) =>
      call({ method: 'POST', url, payload, headers, ...(from === undefined ? {} : { from }) }),
    /** Time goes by. */
    pass(milliseconds: number): void {
      offset += milliseconds;
    },
    /** A subscriber whose account somebody has made before. */
    async join(...phoneNumbers: [string, ...string[]]): Promise<string> {
      const id = randomUUID();
      const numbers = hashNumbers(phoneNumbers, numberKeys);
      const subscriber = { id, ...numbers, jid: `${id}@op.example`, displayName: '', state: 'pending' as const };
      await addSubscriber(stores, subscriber, now());
      return id;
    },
    /** The newest code that waits for a number, as the operator sees it. */
    async codeOf(phoneNumber: string): Promise<string> {
      const { body } = await call({
        method: 'GET',
        url: '/v1/verification/outbox',
        headers: { authorization: `Bearer ${OPERATOR_KEY}` },
      });
      const codes = body.codes as { phoneNumber: string; code: string }[];
      return codes.find((one) => one.phoneNumber === phoneNumber)?.code ?? 'none';
    },
    async stop(): Promise<void> {
      // Otherwise it would wait for connections that clients keep.
      const closed = app.close();
      app.server.closeAllConnections();
      await closed;
      await ownQueues.close();
      queueRedis.close();
      eventRedis.destroy();
    },
  };
}
