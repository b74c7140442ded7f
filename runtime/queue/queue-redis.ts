import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type ConnectionOptions, createNodeRedisClient, type IRedisClient } from 'bullmq';
import { AbstractConnector, Redis as IoRedis, type RedisOptions } from 'ioredis';
import type { Log } from '../log.ts';
import { connectSingle } from '../redis/redis.ts';
import {
  credentialsOf,
  pauseBefore,
  type RedisPlace,
  unwatchedOptions,
  type WhenAway,
} from '../redis/redis-options.ts';
import { createSlotFinder } from '../redis/slot-finder.ts';

/** What ioredis calls it. It would otherwise send again, when Redis is back, what somebody was told had failed. */
const WHEN_AWAY: Record<WhenAway, RedisOptions> = {
  'fail-fast': { enableOfflineQueue: false, maxRetriesPerRequest: 0 },
  wait: { enableOfflineQueue: true, maxRetriesPerRequest: null },
};

/**
 * What the queues and their workers share. BullMQ closes the connections that it makes of these, not these themselves. `parts`:
 * where queues stand, each with a connection to there. All are in the first but what is spread over all of them.
 */
export type QueueRedis = { parts: readonly [QueuePart, ...QueuePart[]]; close(): void };

/** `prefix`: of BullMQ's keys there. */
export type QueuePart = { prefix: string; connection(): ConnectionOptions };

/** One hash tag, so that all keys of all queues but those that are spread stay in one slot of a Redis Cluster. */
export function queuePrefix(prefix: string): string {
  return `{${prefix}:queue}`;
}

/**
 * The hash tags of the other parts in a cluster. Their slots lie in the first sixth and the last one of all, that of
 * `queuePrefix` between them, so that three masters or more have one each.
 */
const TAGS = ['queue2', 'queue1'];

function prefixesIn(place: RedisPlace, prefix: string): string[] {
  return [queuePrefix(prefix), ...(place.cluster ? TAGS.map((tag) => `${prefix}:{${tag}}`) : [])];
}

/** A connection of its own for the queues under that prefix. `patience`: as `connectRedis`. */
export async function connectQueueRedis(
  place: RedisPlace,
  prefix: string,
  whenAway: WhenAway,
  log: Log,
  patience?: number,
): Promise<QueueRedis> {
  const parts = await Promise.all(
    prefixesIn(place, prefix).map((one) => connectPart(place, one, whenAway, log, patience)),
  );
  return {
    parts: parts as [(typeof parts)[number], ...typeof parts],
    close() {
      for (const part of parts) part.close();
    },
  };
}

async function connectPart(
  place: RedisPlace,
  prefix: string,
  whenAway: WhenAway,
  log: Log,
  patience?: number,
): Promise<QueuePart & { close(): void }> {
  if (place.cluster) return connectToSlot(place, prefix, whenAway, log, patience);
  const redis = await connectSingle(place, whenAway, log, patience);
  const duplicate = redis.duplicate.bind(redis);
  // BullMQ's own connections wait for jobs in commands that block.
  redis.duplicate = (overrides) => duplicate({ ...unwatchedOptions(whenAway), ...overrides });
  const shared = withErrorsHeard(createNodeRedisClient(redis));
  return { prefix, connection: () => shared, close: () => redis.destroy() };
}

/**
 * BullMQ stops listening to a connection as soon as it is done with it, or could not begin with it;
 * an error that nobody hears would end the process. What it still uses it reports itself.
 */
function withErrorsHeard(client: IRedisClient): IRedisClient {
  client.on('error', () => {});
  const duplicate = client.duplicate.bind(client);
  client.duplicate = (...options) => withErrorsHeard(duplicate(...options));
  return client;
}

/**
 * What has one hash tag lies in one slot, so of a cluster it needs the one master that has it: a connection to a single Redis that looks anew where
 * to go whenever it breaks or is told that the slot has moved (decision 24).
 */
async function connectToSlot(
  { urls }: RedisPlace,
  prefix: string,
  whenAway: WhenAway,
  log: Log,
  patience?: number,
): Promise<QueuePart & { close(): void }> {
  const { tls, ...user } = credentialsOf(urls[0]);
  const redis = new IoRedis({
    ...user,
    ...(tls ? { tls: {} } : {}),
    Connector: connectorTo(createSlotFinder(urls, prefix), tls),
    connectTimeout: 5_000,
    retryStrategy: pauseBefore,
    // The command is done again at the slot's new master.
    reconnectOnError: (err) => (/^(?:MOVED|READONLY)\b/.test(err.message) ? 2 : false),
    ...WHEN_AWAY[whenAway],
    ...(patience === undefined ? {} : { socketTimeout: patience }),
  });
  redis.on('error', (err) => log.warn({ err }, 'Redis connection of the queues'));
  await new Promise<void>((resolve) => redis.once('ready', () => resolve()));
  return { prefix, connection: () => redis, close: () => redis.disconnect() };
}

/** Where ioredis gets its sockets from; it asks for a class. */
function connectorTo(find: () => Promise<string>, tls: boolean) {
  return class extends AbstractConnector {
    constructor() {
      super(2_000);
    }

    async connect() {
      this.connecting = true;
      const { hostname, port } = new URL(await find());
      if (!this.connecting) throw new Error('Connection is closed.');
      const address = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
      this.stream = tls ? connectTls(address) : connectTcp(address);
      this.stream.once('error', (err: Error) => {
        this.firstError = err;
      });
      return this.stream;
    }
  };
}
