import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, portState } from '../../../local/ports.ts';
import { type RedisServer, startRedis } from '../../../local/redis/redis-server.ts';
import { askNode } from '../../../runtime/redis/redis-node.ts';
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
  /** Starts one more node, which has all that this master has, and can take over. */
  addReplica(master: RedisServer): Promise<RedisServer>;
  /** On the same port: of a node that was killed, and whose slots another has meanwhile. */
  restartAsReplica(node: RedisServer): Promise<RedisServer>;
  /** Slots in which there is something, in their order. */
  usedSlots(): Promise<number[]>;
  /** Gives a slot with all that is in it to another master, at one moment for whoever asks, as `CLUSTER MIGRATESLOTS` of Valkey 9 does. */
  moveSlot(slot: number): Promise<void>;
  stop(): Promise<void>;
};

const MASTERS = 3;
/** All keys of a slot and the slot itself, in one step of the node that has it. */
const CARRY_OVER = `
local slot, node, port, password = unpack(ARGV)
local keys = redis.call('CLUSTER', 'GETKEYSINSLOT', slot, 1000)
if #keys > 0 then redis.call('MIGRATE', '127.0.0.1', port, '', '0', '10000', 'AUTH', password, 'KEYS', unpack(keys)) end
return redis.call('CLUSTER', 'SETSLOT', slot, 'NODE', node)`;
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
    startRedis({
      ...{ dir: join(dir, `${name}`), password, port },
      settings: [...SETTINGS, `masterauth ${password}`, ...settings],
    });
  const masters: RedisServer[] = [];
  const replicas: RedisServer[] = [];
  const stop = async () => {
    await Promise.all([...masters, ...replicas].map((node) => node.stop()));
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
    async addReplica(master) {
      const replica = await start(MASTERS + replicas.length, await portWithBus());
      replicas.push(replica);
      const id = (await cli(master, 'cluster', 'myid')).trim();
      await cli(replica, 'cluster', 'meet', '127.0.0.1', `${master.port}`);
      await eventually(async () => expectWord('OK', await cli(replica, 'cluster', 'replicate', id)));
      await untilFollows(replica);
      return replica;
    },
    async restartAsReplica({ port }) {
      const nodes = [masters, replicas].find((some) => some.some((one) => one.port === port)) as RedisServer[];
      const i = nodes.findIndex((one) => one.port === port);
      const node = await start(nodes === masters ? i : MASTERS + i, port);
      nodes[i] = node;
      await untilFollows(node);
      return node;
    },
    async usedSlots() {
      const slots = await Promise.all(masters.map(slotsOf));
      return [...new Set(slots.flat())].sort((a, b) => a - b);
    },
    moveSlot: (slot) => moveSlot(slot, masters),
    stop,
  };
  return cluster;
}

async function slotsOf({ url }: RedisServer): Promise<number[]> {
  return askNode(url, async (node) => Promise.all((await node.keys('*')).map((key) => node.clusterKeySlot(key))));
}

async function moveSlot(slot: number, masters: readonly RedisServer[]): Promise<void> {
  const shards = await askNode((masters[0] as RedisServer).url, (node) => node.clusterSlots());
  const port = shards.find(({ from, to }) => from <= slot && slot <= to)?.master.port;
  const i = masters.findIndex((master) => master.port === port);
  const [from, to] = [masters[i], masters[(i + 1) % MASTERS]] as [RedisServer, RedisServer];
  await askNode(from.url, (source) =>
    askNode(to.url, async (target) => {
      const [old, next] = await Promise.all([source.clusterMyId(), target.clusterMyId()]);
      await target.sendCommand(['CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', old]);
      await source.eval(CARRY_OVER, { arguments: [`${slot}`, next, `${to.port}`, to.password] });
      await target.sendCommand(['CLUSTER', 'SETSLOT', `${slot}`, 'NODE', next]);
    }),
  );
}

async function untilFollows(replica: RedisServer): Promise<void> {
  await eventually(async () => expectWord('master_link_status:up', await cli(replica, 'info', 'replication')));
}

function expectWord(word: string, answer: string): void {
  if (!answer.includes(word)) throw new Error(`There is no ${word} in:\n${answer}`);
}

async function makeCluster(masters: readonly RedisServer[]): Promise<void> {
  const addresses = masters.map(({ port }) => `127.0.0.1:${port}`);
  await cli(masters[0] as RedisServer, '--cluster', 'create', ...addresses, '--cluster-yes');
  await untilState('ok', masters);
}

async function untilState(state: 'ok' | 'fail', masters: readonly RedisServer[]): Promise<void> {
  for (const master of masters)
    await eventually(async () => {
      expectWord(`cluster_state:${state}`, await cli(master, 'cluster', 'info'));
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
