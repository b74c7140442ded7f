import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Child, startChild } from '../children/child.ts';
import { waitUntil } from '../children/wait.ts';
import { privateFolder, waitForFormerServer } from '../folders.ts';
import { freePort, requireFreePort } from '../ports.ts';
import { redisConfig } from './redis-config.ts';
import { redisAnswers } from './redis-ping.ts';
import { findRedis } from './redis-program.ts';

/** Where a private Redis keeps its files and listens. */
export interface RedisOptions {
  /** Its folder, made when missing (mode 0700). The data of an earlier run is found again. */
  dir: string;
  /** Any free port when left out. */
  port?: number;
  /** A new one when left out. Letters, digits, `-` and `_` only. */
  password?: string;
  /** Further lines of redis.conf. */
  settings?: readonly string[];
}

/** A running private Redis. */
export interface RedisServer extends Child {
  /** `redis://:password@127.0.0.1:port` */
  url: string;
  port: number;
  password: string;
  dir: string;
}

/**
 * Starts a Redis on the loopback interface, durable before it answers (AOF, fsync always), and waits until it has loaded its data.
 * Throws a StartError: `PROGRAM_MISSING`, `PORT_TAKEN`, `DATA_DIR`, `ALREADY_RUNNING`, or `DIED` with Redis's last log lines.
 */
export async function startRedis(options: RedisOptions): Promise<RedisServer> {
  const program = findRedis();
  const dir = privateFolder(options.dir);
  const port = options.port ?? (await freePort());
  const password = options.password ?? randomBytes(24).toString('base64url');
  await waitForFormerServer('Redis', dir, join(dir, 'redis.pid'));
  await requireFreePort(port, 'Redis', 'End that program or choose another port.');
  const configFile = join(dir, 'redis.conf');
  writeFileSync(configFile, redisConfig({ folder: dir, port, password, further: options.settings ?? [] }), {
    mode: 0o600,
  });
  const child = await startChild({
    name: 'Redis',
    program,
    args: [configFile],
    env: process.env,
    logFile: join(dir, 'redis.log'),
    // Redis works in its folder from the start, which is how a later run recognises it.
    cwd: dir,
    deathSignal: 'TERM',
    graceMs: 10_000,
  });
  await untilLoaded(child, port, password);
  return { ...child, url: `redis://:${password}@127.0.0.1:${port}`, port, password, dir };
}

/** Loading a large file takes a while, hence the patience. */
async function untilLoaded(child: Child, port: number, password: string): Promise<void> {
  try {
    const goal = 'Redis did not answer';
    await waitUntil(() => redisAnswers(port, password), { goal, timeoutMs: 60_000, children: [child] });
  } catch (error) {
    await child.kill();
    throw error;
  }
}
