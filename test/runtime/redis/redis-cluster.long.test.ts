import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import type { RedisServer } from '../../../local/redis/redis-server.ts';
import type { Hear, Listening } from '../../../runtime/redis/listening.ts';
import { connectEvents, connectRedis, type Redis } from '../../../runtime/redis/redis.ts';
import { askNode } from '../../../runtime/redis/redis-node.ts';
import { createSlotMap, slotOf } from '../../../runtime/redis/slot-map.ts';
import { eventually } from '../../support/eventually.ts';
import { type RedisCluster, startRedisCluster } from '../../support/servers/redis-cluster.ts';

const CHANNEL = 'news:{tag}';

describe('connections to a Redis Cluster whose slots change hands', () => {
  let dir: string;
  let cluster: RedisCluster;
  /** Of the channel's slot: who has it, and who takes over when that one is gone. */
  let pair: [RedisServer, RedisServer];
  let listening: Listening;
  let troubles: number;
  const log = pino({ level: 'warn' }, { write: () => (troubles += 1) });

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'earshot-cluster-'));
    cluster = await startRedisCluster(dir, 'a-password', ['cluster-replica-no-failover yes']);
    const master = await ownerOf(CHANNEL);
    pair = [master, await cluster.addReplica(master)];
  });

  after(async () => {
    await cluster.stop();
    await rm(dir, { recursive: true, force: true });
  });

  beforeEach(async () => {
    listening = await connectEvents({ urls: urls(), cluster: true, sharded: true }, log);
    troubles = 0;
  });

  afterEach(() => listening.destroy());

  const ask = ({ url }: RedisServer, ...command: string[]) =>
    askNode(url, (node) => node.sendCommand<unknown>(command));

  async function ownerOf(channel: string): Promise<RedisServer> {
    const [any] = cluster.masters as [RedisServer];
    const slot = Number(await ask(any, 'CLUSTER', 'KEYSLOT', channel));
    const shards = await askNode(any.url, (node) => node.clusterSlots());
    const shard = shards.find(({ from, to }) => from <= slot && slot <= to);
    return cluster.masters.find(({ port }) => port === shard?.master.port) as RedisServer;
  }

  /** The one of the pair goes by `kill -9`, and the other has its slots from then on. */
  async function failOver(meanwhile = async () => {}): Promise<void> {
    const [gone, next] = pair;
    await gone.kill();
    await meanwhile();
    await ask(next, 'CLUSTER', 'FAILOVER', 'TAKEOVER');
    pair = [next, await cluster.restartAsReplica(gone)];
  }

  /** Says it until it is heard: what is told in a gap is lost. */
  async function isHeard(heard: string[], word: string): Promise<void> {
    await eventually(async () => {
      const [teller] = pair;
      await ask(teller, 'SPUBLISH', CHANNEL, word);
      await ask(teller, 'PUBLISH', 'everybody', word);
      expect(heard).to.include.members([`sharded ${word}`, `ordinary ${word}`]);
    });
  }

  /** What is heard from now on. Returns who notes what comes in `CHANNEL`. */
  async function listen(heard: string[]): Promise<Hear> {
    const note: Hear = (message) => heard.push(`sharded ${message}`);
    await Promise.all([
      listening.sSubscribe(CHANNEL, note),
      listening.subscribe('everybody', (message) => heard.push(`ordinary ${message}`)),
    ]);
    return note;
  }

  /** Everything but these two is refused by the channel's master meanwhile, which closes a connection that hears anything else. */
  async function whereOthersAreRefused(meanwhile: (master: RedisServer) => Promise<void>): Promise<void> {
    const [master] = pair;
    await ask(master, 'ACL', 'SETUSER', 'default', 'resetchannels', `&${CHANNEL}`, '&everybody');
    try {
      await meanwhile(master);
    } finally {
      await ask(master, 'ACL', 'SETUSER', 'default', 'allchannels');
    }
  }

  /** One of another hash tag, which the channel's master has as well. */
  async function channelBeside(): Promise<string> {
    const [master] = pair;
    const shards = await askNode(master.url, (node) => node.clusterSlots());
    const its = shards.filter((shard) => shard.master.port === master.port);
    for (let i = 0; ; i += 1)
      if (its.some(({ from, to }) => from <= slotOf(`${i}`) && slotOf(`${i}`) <= to)) return `news:{${i}}`;
  }

  const urls = () => cluster.masters.map(({ url }) => url) as [string, ...string[]];

  it('know which slot a hash tag has, as the nodes do', async () => {
    const [any] = cluster.masters as [RedisServer];
    for (const tag of ['p00', 'p15', 'tag', 'everybody', 'é “two” 音', '123456789', ''])
      expect(slotOf(tag), tag).to.equal(await ask(any, 'CLUSTER', 'KEYSLOT', tag));
  });

  it('ask no node any more that is gone for good', async () => {
    let asked = 0;
    const gone = createServer((socket) => {
      asked += 1;
      socket.destroy();
    });
    gone.listen(0, '127.0.0.1');
    await once(gone, 'listening');
    try {
      const [master] = cluster.masters as [RedisServer];
      const map = createSlotMap([master.url]);
      await ask(master, 'CONFIG', 'SET', 'cluster-announce-port', `${(gone.address() as AddressInfo).port}`);
      await map.masterOf('tag');
      await ask(master, 'CONFIG', 'SET', 'cluster-announce-port', '0');
      await eventually(async () => {
        const before = asked;
        for (let i = 0; i < 2 * (cluster.masters.length + 2); i += 1) {
          map.forget();
          await map.masterOf('tag');
        }
        expect(asked).to.equal(before);
      });
    } finally {
      gone.close();
    }
    await cluster.untilOk();
  });

  it('ask each node in its turn, as one may say what was true before', async () => {
    const map = createSlotMap([(cluster.masters[0] as RedisServer).url]);
    await map.masterOf('tag');
    const nodes = [...cluster.masters, pair[1]];
    for (const node of nodes) await ask(node, 'CONFIG', 'RESETSTAT');
    // One that has just come to follow its master is named a little later.
    for (const _ of [...nodes, ...nodes]) {
      map.forget();
      await map.masterOf('tag');
    }
    for (const node of cluster.masters) expect(await ask(node, 'INFO', 'commandstats')).to.contain('slots:calls=');
  });

  it('hear of a slot whose master was away when they began, from the one that takes over', async () => {
    const heard: string[] = [];
    let listens: Promise<unknown> = Promise.resolve();
    await failOver(async () => {
      listens = listen(heard);
      await eventually(() => expect(troubles, 'it is noticed').to.be.above(0));
    });
    await listens;
    await isHeard(heard, 'at last');
  });

  it('hear of a slot whose master is gone from the one that takes over, and say that they may have missed something', async () => {
    const heard: string[] = [];
    await listen(heard);
    await isHeard(heard, 'before');
    let gaps = 0;
    listening.on('ready', () => (gaps += 1));
    await failOver();
    await isHeard(heard, 'after');
    await eventually(() => expect(gaps).to.be.above(0));
  });

  it('hear of what is asked for again while it is given up with others', async () => {
    const heard: string[] = [];
    const other = await channelBeside();
    const note = await listen(heard);
    await listening.sSubscribe(other, note);
    const [over, back] = [listening.sUnsubscribe([other, CHANNEL], note), listening.sSubscribe(CHANNEL, note)];
    await Promise.all([over, back]);
    await isHeard(heard, 'at last');
  });

  it('say so of what is heard again, though something else that was heard is refused', async () => {
    const [heard, beside]: [string[], string[]] = [[], []];
    const other = await channelBeside();
    await listen(heard);
    await listening.sSubscribe(other, (message) => beside.push(message));
    let gaps = 0;
    listening.on('ready', () => (gaps += 1));
    await whereOthersAreRefused(async () => {
      await eventually(() => expect(gaps).to.be.above(0));
      await isHeard(heard, 'after');
    });
    await eventually(async () => {
      await ask(pair[0], 'SPUBLISH', other, 'no longer refused');
      expect(beside).to.include('no longer refused');
    });
  });

  it('go on hearing what they heard, where more is asked for with it and is refused', async () => {
    const heard: string[] = [];
    const note = await listen(heard);
    await whereOthersAreRefused(async (master) => {
      const refused = await listening.sSubscribe([CHANNEL, 'refused:{tag}'], note).catch((err: unknown) => `${err}`);
      expect(refused).to.contain('NOPERM');
      await isHeard(heard, 'still');
      let breaks = 0;
      listening.on('reconnecting', () => (breaks += 1));
      await ask(master, 'CLIENT', 'KILL', 'TYPE', 'pubsub');
      await eventually(() => expect(breaks).to.be.above(0));
      await isHeard(heard, 'after');
    });
  });

  it('ask the one that takes over, where a process starts while a master is away', async () => {
    let redis: Redis | undefined;
    await failOver(async () => {
      connectRedis({ urls: urls(), cluster: true, sharded: true }, 'fail-fast', log).then((connection) => {
        redis = connection;
      });
      await eventually(() => expect(troubles, 'it is noticed').to.be.above(0));
    });
    await eventually(() => expect(redis).to.not.equal(undefined));
    await eventually(async () => expect(await redis?.exists(CHANNEL)).to.equal(0));
    redis?.destroy();
  });

  it('hear of a slot that was moved, also where its new node hears of that later', async () => {
    const heard: string[] = [];
    await listen(heard);
    await isHeard(heard, 'before');
    const [from] = pair;
    const to = cluster.masters.find(({ port }) => port !== from.port && port !== pair[1].port) as RedisServer;
    const [slot, id] = [await ask(from, 'CLUSTER', 'KEYSLOT', CHANNEL), await ask(to, 'CLUSTER', 'MYID')];
    troubles = 0;
    const give = ['CLUSTER', 'SETSLOT', `${slot}`, 'NODE', `${id}`];
    await ask(from, ...give);
    await eventually(() => expect(troubles, 'it was not taken at once').to.be.above(0));
    await ask(to, 'CLUSTER', 'BUMPEPOCH');
    await ask(to, ...give);
    pair = [to, from];
    await isHeard(heard, 'after');
  });
});
