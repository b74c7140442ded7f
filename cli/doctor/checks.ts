import { certificate } from './checks/certificate.ts';
import { clock } from './checks/clock.ts';
import { configuration } from './checks/configuration.ts';
import { disk } from './checks/disk.ts';
import { eventStream } from './checks/event-stream.ts';
import { fleet } from './checks/fleet.ts';
import { homes } from './checks/homes.ts';
import { issuers } from './checks/issuers.ts';
import { keys } from './checks/keys.ts';
import { node } from './checks/node.ts';
import { ports } from './checks/ports.ts';
import { presenceServer } from './checks/presence-server.ts';
import { publicAddress } from './checks/public-address.ts';
import { settings } from './checks/settings.ts';
import { sinks } from './checks/sinks.ts';
import { smsWebhook } from './checks/sms-webhook.ts';
import { xmpp } from './checks/xmpp.ts';
import type { Check } from './finding.ts';
import { database } from './redis/database.ts';
import { durability } from './redis/durability.ts';
import { latency } from './redis/latency.ts';
import { memory } from './redis/memory.ts';
import { redis } from './redis/redis.ts';
import { replication } from './redis/replication.ts';
import { rights } from './redis/rights.ts';

/** Everything that `earshot doctor` looks at, in this order. */
export const CHECKS: readonly Check[] = [
  configuration,
  node,
  redis,
  rights,
  durability,
  memory,
  replication,
  latency,
  database,
  disk,
  clock,
  keys,
  xmpp,
  homes,
  settings,
  fleet,
  ports,
  certificate,
  publicAddress,
  eventStream,
  smsWebhook,
  presenceServer,
  sinks,
  issuers,
];
