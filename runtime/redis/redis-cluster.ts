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
  unwatchedOptions,
  type WhenAway,
} from './redis-options.ts';
import { endSilentConnections } from './redis-silence.ts';

/** Milliseconds after which the nodes have found each other again when one of them was away. */
const BUS_IS_BACK = 2_000;

/** A client of a Redis Cluster, connected to every master. `patience`: as `connectRedis`. */
export async function connectCluster(place: RedisPlace, whenAway: WhenAway, log: Log, patience = SILENCE) {
  const cluster = newCluster(place, connectionOptions(whenAway), log);
  await open(cluster, log);
  await Promise.all(cluster.masters.map((master) => cluster.nodeClient(master)));
  endSilentConnections(cluster, () => cluster.masters.flatMap(({ client }) => client ?? []), patience, log);
  // The library would take any node, also one that is away while the one with the subscriber's data is not.
  const publish = async (channel: string, message: string) =>
    (await cluster.getNodeClientForKey(channel)).publish(channel, message);
  return Object.assign(cluster, { publish });
}

/** A client that only listens, to one node; it says `ready` after each gap, as one of a single Redis does. */
export async function connectClusterEvents(place: RedisPlace, log: Log) {
  const cluster = newCluster(place, unwatchedOptions('wait'), log);
  cluster.on('node-ready', () => {
    cluster.emit('ready');
    // What is told at another node can be lost until the nodes' own connections are back as well.
    setTimeout(() => cluster.emit('ready'), BUS_IS_BACK).unref();
  });
  await open(cluster, log);
  // The library gives the connection up with its last subscription, and with it one that comes in that moment.
  await cluster.subscribe('earshot', () => {});
  return cluster;
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
