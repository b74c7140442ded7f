import {
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  createClient,
  DisconnectsClientError,
  ErrorReply,
  SocketClosedUnexpectedlyError,
  TimeoutError,
} from 'redis';
import { Fault } from '../domain/fault.ts';
import type { Log } from './log.ts';

export type Redis = ReturnType<typeof newClient>;

/**
 * `fail-fast`: while Redis is away commands are rejected at once; for a process that has somebody waiting.
 * `wait`: they are kept until it is back; for background work.
 */
export type WhenAway = 'fail-fast' | 'wait';

function optionsOf(url: string, whenAway: WhenAway) {
  return {
    url,
    disableOfflineQueue: whenAway === 'fail-fast',
    // A peer that vanished without closing the connection is noticed by the missing answer to a ping.
    pingInterval: 5_000,
    // The library's own limit of 5 s would end what `wait` is to keep, and costs each command a timer.
    commandOptions: { timeout: 0 },
    socket: { connectTimeout: 5_000, socketTimeout: 20_000, reconnectStrategy },
  };
}

/** 50 ms, doubling to 2 s, jittered so that all processes do not come back in the same moment. */
function reconnectStrategy(retries: number): number {
  return Math.min(50 * 2 ** retries, 2_000) * (0.5 + Math.random() / 2);
}

function newClient(url: string, whenAway: WhenAway) {
  return createClient(optionsOf(url, whenAway));
}

/** A client that reconnects for ever; its errors are logged, not thrown. */
export function createRedis(url: string, whenAway: WhenAway, log: Log): Redis {
  const client = newClient(url, whenAway);
  client.on('error', (err) => log.warn({ err }, 'Redis connection'));
  return client;
}

const AWAY = [
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  SocketClosedUnexpectedlyError,
  TimeoutError,
];

/** What Redis says while it loads its data, cannot write its file, is full, or is only a copy. */
const REFUSING = /^(?:LOADING|MISCONF|OOM|READONLY)\b/;

/** The command was not done because Redis does not answer; it can be tried again. */
export function isRedisAway(error: unknown): boolean {
  if (AWAY.some((kind) => error instanceof kind)) return true;
  if (error instanceof ErrorReply) return REFUSING.test(error.message);
  return error instanceof Error && 'code' in error && (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET');
}

/**
 * Refuses a Redis that would lose data.
 * @throws Fault UNAVAILABLE with the line to change in redis.conf.
 */
export async function checkRedis(redis: Redis): Promise<void> {
  const memory = await redis.info('memory');
  const policy = /maxmemory_policy:(\S+)/.exec(memory)?.[1];
  if (policy !== 'noeviction')
    throw new Fault(
      'UNAVAILABLE',
      `Redis may evict data (maxmemory-policy ${policy}); set maxmemory-policy noeviction in redis.conf.`,
    );
  const persistence = await redis.info('persistence');
  if (!persistence.includes('aof_enabled:1'))
    throw new Fault('UNAVAILABLE', 'Redis keeps no append-only file; set appendonly yes in redis.conf.');
}
