import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, portState } from '../../../local/ports.ts';
import { type RedisServer, startRedis } from '../../../local/redis/redis-server.ts';
import { eventually } from '../eventually.ts';
import { random } from '../random.ts';

export type RedisCluster = {
  /** Of all masters, as EARSHOT_REDIS_URL takes them. */
  url: string;
  masters: readonly RedisServer[];
  /** kill -9; the data stay. */
  kill(master: number): Promise<void>;
  /** On the same port and with the same data. */
  restart(master: number): Promise<void>;
  /** Kills any of them, long enough for the others to notice, and waits until all are back. */
  crash(): Promise<void>;
  /** Waits until the other masters have noticed that this one is away, and refuse everything. */
  untilNoticed(master: number): Promise<void>;
  /** Waits until every master has met the others and serves its slots. */
  untilOk(): Promise<void>;
  stop(): Promise<void>;
};

const MASTERS = 3;
/** The nodes talk to each other at their port and this. */
const BUS = 10_000;
/** Above it the kernel may give a bus port away while its node is down. */
const HIGHEST = 22_000;
const SETTINGS = ['cluster-enabled yes', 'cluster-node-timeout 2000'];

const run = promisify(execFile);

/** Three masters on loopback without replicas, in `dir`; they end with this process. `settings`: further lines of redis.conf. */
export async function startRedisCluster(
  dir: string,
  password: string,
  settings: readonly string[] = [],
): Promise<RedisCluster> {
  const start = async (name: number, port: number) =>
    startRedis({ dir: join(dir, `${name}`), password, port, settings: [...SETTINGS, ...settings] });
  const masters: RedisServer[] = [];
  const stop = async () => {
    await Promise.all(masters.map((master) => master.stop()));
  };
  try {
    for (let i = 0; i < MASTERS; i += 1) masters.push(await start(i, await portWithBus()));
    await makeCluster(masters);
  } catch (error) {
    await stop();
    throw error;
  }
  const of = (master: number) => masters[master] as RedisServer;
  const cluster: RedisCluster = {
    url: masters.map((master) => master.url).join(','),
    masters,
    kill: (master) => of(master).kill(),
    async restart(master) {
      masters[master] = await start(master, of(master).port);
    },
    async crash() {
      const master = Math.floor(random() * MASTERS);
      await cluster.kill(master);
      await cluster.untilNoticed(master);
      await cluster.restart(master);
      await cluster.untilOk();
    },
    untilOk: () => untilState('ok', masters),
    untilNoticed: (missing) =>
      untilState(
        'fail',
        masters.filter((_, master) => master !== missing),
      ),
    stop,
  };
  return cluster;
}

async function makeCluster(masters: readonly RedisServer[]): Promise<void> {
  const addresses = masters.map(({ port }) => `127.0.0.1:${port}`);
  await cli(masters[0] as RedisServer, '--cluster', 'create', ...addresses, '--cluster-yes');
  await untilState('ok', masters);
}

async function untilState(state: 'ok' | 'fail', masters: readonly RedisServer[]): Promise<void> {
  for (const master of masters)
    await eventually(async () => {
      const info = await cli(master, 'cluster', 'info');
      if (!info.includes(`cluster_state:${state}`)) throw new Error(`The cluster is not yet ${state}:\n${info}`);
    });
}

async function cli({ port, password }: RedisServer, ...command: string[]): Promise<string> {
  const env = { ...process.env, REDISCLI_AUTH: password };
  return (await run('redis-cli', ['-p', `${port}`, ...command], { env })).stdout;
}

async function portWithBus(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port < HIGHEST && (await portState(port + BUS)) === 'free') return port;
  }
}
