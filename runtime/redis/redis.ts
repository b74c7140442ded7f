import {
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  createClient,
  DisconnectsClientError,
  ErrorReply,
  MaxCommandRedirectionsError,
  RootNodesUnavailableError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
} from 'redis';
import type { Log } from '../log.ts';
import { createClusterEvents } from './cluster-events.ts';
import type { Listening } from './listening.ts';
import { connectCluster } from './redis-cluster.ts';
import { leaveAlong, leaveCopy } from './redis-copy.ts';
import {
  connectionOptions,
  NO_TIME_LIMIT,
  type RedisPlace,
  SILENCE,
  unwatchedOptions,
  type WhenAway,
} from './redis-options.ts';
import { endSilentConnections } from './redis-silence.ts';

type SingleClient = ReturnType<typeof newClient>;
type ClusterClient = Awaited<ReturnType<typeof connectCluster>>;

/**
 * What the stores work with: what a single Redis and a cluster both can. The keys of one call, one script and one `multi` must share a
 * hash tag: a cluster refuses anything else.
 */
export type Redis = Pick<SingleClient, Exclude<keyof SingleClient & keyof ClusterClient, 'duplicate' | 'sendCommand'>>;

/**
 * Connects for good: a connection that breaks is made anew, for ever; its errors are logged, not thrown. `patience`: milliseconds after
 * which a server that answers nothing is taken for one that is away.
 */
export async function connectRedis(
  place: RedisPlace,
  whenAway: WhenAway,
  log: Log,
  patience = SILENCE,
): Promise<Redis> {
  if (!place.cluster) return connectSingle(place, whenAway, log, patience);
  // The same methods with the same meaning; only the types of `multi` and of the library's inner parts differ.
  return (await connectCluster(place, whenAway, log, patience)) as unknown as Redis;
}

/** Whether one `multi` may name keys of any hash tags: of a single Redis, and not of a cluster. */
export function isSingle(redis: Redis): boolean {
  return !('masters' in redis);
}

/** `beside`: of the same process, with which it leaves a Redis that is only a copy. */
export async function connectEvents(place: RedisPlace, log: Log, beside?: Redis): Promise<Listening> {
  if (place.cluster) return createClusterEvents(place, log);
  const client = await opened(createClient({ url: place.urls[0], ...unwatchedOptions('wait') }), log);
  if (beside) leaveAlong(client, beside, log);
  return client;
}

/** The library's own client of one server. */
export async function connectSingle(
  { urls }: RedisPlace,
  whenAway: WhenAway,
  log: Log,
  patience = SILENCE,
): Promise<SingleClient> {
  const client = await opened(newClient(urls[0], whenAway), log);
  endSilentConnections(client, () => [client], patience, log);
  leaveCopy(client, log);
  return client;
}

async function opened(client: SingleClient, log: Log): Promise<SingleClient> {
  client.on('error', (err) => log.warn({ err }, 'Redis connection'));
  await client.connect();
  return client;
}

function newClient(url: string, whenAway: WhenAway) {
  return createClient({ url, ...connectionOptions(whenAway), commandOptions: NO_TIME_LIMIT });
}

const AWAY = [
  ClientClosedError,
  ClientOfflineError,
  ConnectionTimeoutError,
  DisconnectsClientError,
  MaxCommandRedirectionsError,
  RootNodesUnavailableError,
  SocketClosedUnexpectedlyError,
  SocketTimeoutError,
  TimeoutError,
];

/**
 * What Redis says while it loads its data, cannot write its file, is full, is only a copy, or a cluster is not whole. Before
 * version 7 it puts words of its own before what a script was told.
 */
const REFUSING =
  /^(?:ERR Error running script .*: -)?(?:LOADING|MISCONF|OOM|READONLY|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|MASTERDOWN|NOREPLICAS)\b/;

/** What ioredis, which serves the queues of a cluster, says in plain errors. */
const IOREDIS_AWAY = /^(?:Connection is closed|Stream isn't writeable|Reached the max retries per request limit)/;

const BROKEN_CONNECTION = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH'];

/** The command was not done because Redis does not answer; it can be tried again. */
export function isRedisAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (AWAY.some((kind) => error instanceof kind)) return true;
  if (error instanceof ErrorReply || error.name === 'ReplyError') return REFUSING.test(error.message);
  if ('code' in error) return BROKEN_CONNECTION.includes(`${error.code}`);
  return IOREDIS_AWAY.test(error.message);
}
