import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { RedisServer } from '../../local/redis/redis-server.ts';
import { PART_NAMES } from '../../local/stack/stack.ts';
import { eventually } from '../support/eventually.ts';
import { whileHanging } from '../support/hanging.ts';
import type { Backup } from '../support/put-back.ts';
import type { TestStack } from '../support/servers/own-stack.ts';
import type { RedisCluster } from '../support/servers/redis-cluster.ts';
import type { Clock } from './clock.ts';
import type { Disk } from './disk.ts';
import { failOver } from './failover.ts';
import type { Network } from './network.ts';
import type { Streams } from './streams.ts';

const run = promisify(execFile);

/** What the faults befall. `random`: from 0 to 1. */
export type Victim = {
  stack: TestStack;
  network: Network;
  disk: Disk | undefined;
  clock: Clock | undefined;
  /** In place of a single Redis. */
  cluster: RedisCluster | undefined;
  backup: Backup;
  streams: Streams;
  random: () => number;
};

/** `strike`: over when whatever was taken away has been started again. */
export type Fault = { name: string; strike(victim: Victim): Promise<void> };

/** Milliseconds, at most: for which a part stays away; for which one stands still. */
const AWAY = 3_000;
const STILL = 6_000;
/** Milliseconds by which a slow connection is late. */
const LATE = 200;
/** Seconds by which a clock is wrong. */
const WRONG = 30;
/** Bytes that Redis may still write, at most. */
const ROOM = 4_000;

type Part = (typeof PART_NAMES)[number];

/** All that can befall it: one part or several, killed, hanging or started again; connections; and what befalls its Redis. */
export function faultsOf({ disk, clock, cluster }: Victim): readonly Fault[] {
  const parts = PART_NAMES.filter((part) => part !== 'redis' || !cluster);
  return [
    ...parts.flatMap((part): Fault[] => [
      { name: `kill -9 of ${named(part)}`, strike: (victim) => kill(victim, [part]) },
      { name: `${named(part)} stands still (SIGSTOP)`, strike: (victim) => hang(victim, part) },
      { name: `restart of ${named(part)}`, strike: ({ stack }) => stack.restart(part) },
    ]),
    { name: 'kill -9 of two parts', strike: (victim) => kill(victim, two(parts, victim)) },
    { name: 'kill -9 of everything', strike: (victim) => kill(victim, parts) },
    ...ofConnection('server'),
    { name: 'every event stream breaks', strike: async ({ streams }) => streams.breakOff() },
    ...(cluster ? ofCluster(cluster) : OF_REDIS),
    ...(disk ? OF_DISK : []),
    ...(clock ? ofClock(clock) : []),
  ];
}

function ofConnection(part: keyof Network): Fault[] {
  return [
    {
      name: `the connection to ${named(part)} is slow (200 ms)`,
      strike: ({ network, random }) => network[part].whileSlow(LATE, () => sleep(random() * STILL)),
    },
    {
      name: `the connection to ${named(part)} says nothing`,
      strike: ({ network, random }) => network[part].whileSilent(() => sleep(random() * STILL)),
    },
    { name: `the connection to ${named(part)} is cut`, strike: async ({ network }) => network[part].cut() },
  ];
}

/** Of a single one. */
const OF_REDIS: readonly Fault[] = [
  ...ofConnection('redis'),
  { name: 'every connection to Redis breaks', strike: breakConnections },
  { name: 'Redis fails over to its replica, and back', strike: ({ stack, network }) => failOver(stack, network.redis) },
  { name: 'a write of Redis breaks off (as on a full disk)', strike: breakWrite },
];

/** For who may give Redis a disk of its own. */
const OF_DISK: readonly Fault[] = [
  { name: 'the disk of Redis is full, and it ends', strike: fillUntilItEnds },
  { name: 'the disk of Redis is full at appendfsync everysec, and it refuses to write', strike: fillUntilItRefuses },
];

function ofClock(clock: Clock): Fault[] {
  const wrongBy = (seconds: number) => (victim: Victim) =>
    clock.whileWrong(seconds, () => sleep(victim.random() * STILL));
  return [
    { name: `the clock is put ${WRONG} s forward, and right again`, strike: wrongBy(WRONG) },
    { name: `the clock is put ${WRONG} s back, and right again`, strike: wrongBy(-WRONG) },
  ];
}

function ofCluster(cluster: RedisCluster): Fault[] {
  const some = ({ random }: Victim) => Math.floor(random() * cluster.masters.length);
  return [
    {
      name: 'kill -9 of a master of the cluster',
      async strike(victim) {
        const master = some(victim);
        await cluster.kill(master);
        await cluster.untilNoticed(master);
        await sleep(victim.random() * AWAY);
        await cluster.restart(master);
        await cluster.untilOk();
      },
    },
    {
      name: 'a master of the cluster stands still (SIGSTOP)',
      async strike(victim) {
        const master = cluster.masters[some(victim)] as RedisServer;
        await whileHanging(master, () => sleep(victim.random() * STILL));
        await cluster.untilOk();
      },
    },
  ];
}

function named(part: Part): string {
  return { redis: 'Redis', server: 'the XMPP server' }[part as string] ?? `the ${part}`;
}

function two(parts: readonly Part[], { random }: Victim): Part[] {
  const first = Math.floor(random() * parts.length);
  const second = (first + 1 + Math.floor(random() * (parts.length - 1))) % parts.length;
  return parts.filter((_, i) => i === first || i === second);
}

async function kill({ stack, random }: Victim, parts: readonly Part[]): Promise<void> {
  const away = random() * AWAY;
  await Promise.all(parts.map((part) => stack.kill(part)));
  await sleep(away);
  await Promise.all(parts.map((part) => stack.restart(part)));
}

async function hang({ stack, random }: Victim, part: Part): Promise<void> {
  await whileHanging(stack.part(part), () => sleep(random() * STILL));
}

async function breakConnections({ backup }: Victim): Promise<void> {
  for (const type of ['normal', 'pubsub']) await backup.redisCli('client', 'kill', 'type', type);
}

/** With the rest of a write on the disk Redis ends: at `appendfsync always` it has promised what it cannot keep. */
async function breakWrite({ stack, random }: Victim): Promise<void> {
  const { dir, pid } = stack.redis();
  const folder = join(dir, 'appendonlydir');
  const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
  const most = Math.max(...sizes) + Math.floor(random() * ROOM);
  await run('prlimit', ['--pid', `${pid}`, `--fsize=${most}:${most}`]);
  // What is written by those who play on, or by nobody: then it ends here.
  await Promise.race([stack.redis().exited, sleep(AWAY)]);
  await stack.restart('redis');
}

/** As at a write that breaks off; and it is started, in vain, while there is no room. */
async function fillUntilItEnds({ stack, disk, random }: Victim): Promise<void> {
  await disk?.whileFull(async () => {
    await Promise.race([stack.redis().exited, sleep(AWAY)]);
    await sleep(random() * AWAY);
    await stack.restart('redis').catch(() => {});
    await sleep(random() * AWAY);
  });
  await stack.restart('redis');
}

/**
 * What it has acknowledged, and could not write, it writes when there is room again. Then its file is to be written anew, as
 * docs/operating.md says: there may be a hole in it, with which Redis would not start.
 */
async function fillUntilItRefuses({ disk, backup: { redisCli }, random }: Victim): Promise<void> {
  await redisCli('config', 'set', 'appendfsync', 'everysec');
  await disk?.whileFull(() => sleep(random() * STILL));
  await eventually(async () => expect(await redisCli('info', 'persistence')).to.contain('aof_last_write_status:ok'));
  await redisCli('config', 'set', 'appendfsync', 'always');
  await redisCli('bgrewriteaof');
  await eventually(async () => {
    expect(await redisCli('info', 'persistence'))
      .to.match(/aof_rewrite_in_progress:0/)
      .and.match(/aof_rewrite_scheduled:0/)
      .and.match(/aof_last_bgrewrite_status:ok/);
  });
}
