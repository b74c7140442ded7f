import { setTimeout as sleep } from 'node:timers/promises';
import { createCluster, RootNodesUnavailableError } from 'redis';
import type { Log } from '../log.ts';
import {
  connectionOptions,
  credentialsOf,
  NO_TIME_LIMIT,
  pauseBefore,
  type RedisPlace,
  SILENCE,
  type WhenAway,
} from './redis-options.ts';
import { endSilentConnections } from './redis-silence.ts';

/** Milliseconds until the nodes are asked anew who is a master, at the first try; at each later one so much more, up to the sixth. */
const LOOK_AGAIN = 5_000;
const MOST_ROUNDS = 6;

/** A client of a Redis Cluster, connected to every master. `patience`: as `connectRedis`. */
export async function connectCluster(place: RedisPlace, whenAway: WhenAway, log: Log, patience = SILENCE) {
  const cluster = await connected(place, connectionOptions(whenAway), log);
  endSilentConnections(cluster, () => cluster.masters.flatMap(({ client }) => client ?? []), patience, log);
  // The library would take any node, also one that is away while the one with the subscriber's data is not.
  const publish = async (channel: string, message: string) =>
    (await cluster.getNodeClientForKey(channel)).publish(channel, message);
  return Object.assign(cluster, { publish });
}

/** The library calls a master that it has never reached for ever at the same address, also when another has its slots. */
async function connected(place: RedisPlace, options: ReturnType<typeof connectionOptions>, log: Log) {
  for (let round = 1; ; round += 1) {
    const cluster = newCluster(place, options, log);
    await open(cluster, log);
    const all = Promise.all(cluster.masters.map((master) => cluster.nodeClient(master)));
    if (await Promise.race([all, sleep(Math.min(round, MOST_ROUNDS) * LOOK_AGAIN, false, { ref: false })]))
      return cluster;
    log.warn('Redis Cluster: a master is away; the nodes are asked anew who has its slots');
    cluster.destroy();
  }
}

/** Tries for as long as no node answers in time, as a connection to a single server does. */
async function open(cluster: ReturnType<typeof newCluster>, log: Log): Promise<void> {
  for (let round = 0; ; round += 1)
    try {
      await cluster.connect();
      return;
    } catch (err) {
      if (!(err instanceof RootNodesUnavailableError)) throw err;
      log.warn({ err }, 'Redis Cluster');
      await sleep(pauseBefore(round));
    }
}

function newCluster({ urls }: RedisPlace, options: ReturnType<typeof connectionOptions>, log: Log) {
  const { tls, ...user } = credentialsOf(urls[0]);
  const cluster = createCluster({
    rootNodes: urls.map((url) => ({ url })),
    defaults: { ...options, ...user, socket: { ...options.socket, ...(tls ? { tls } : {}) } },
    commandOptions: NO_TIME_LIMIT,
    // Otherwise a look at the topology waits for every node, also for one that is away, and all commands wait with it.
    minimizeConnections: true,
    // A node that is away may have been replaced by its replica.
    topologyRefreshOnReconnectionAttemptStrategy: 1_000,
  });
  cluster.on('error', (err) => log.warn({ err }, 'Redis Cluster'));
  cluster.on('node-error', (err, node) => log.warn({ err, node }, 'Redis Cluster node'));
  return cluster;
}
