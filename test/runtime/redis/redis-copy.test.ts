import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import { createClient, ErrorReply } from 'redis';
import { type RedisServer, startRedis } from '../../../local/redis/redis-server.ts';
import type { Listening } from '../../../runtime/redis/listening.ts';
import { connectEvents, connectRedis, isRedisAway, type Redis } from '../../../runtime/redis/redis.ts';
import { eventually } from '../../support/eventually.ts';
import { type Relay, startRelay } from '../../support/relay.ts';

const PASSWORD = 'p4ss';

describe('a Redis that is only a copy of another one from now on', () => {
  let dir: string;
  let former: RedisServer;
  let next: RedisServer;
  let address: Relay;
  let redis: Redis;
  let listening: Listening;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'earshot-copy-'));
    former = await startRedis({ dir: join(dir, 'former'), password: PASSWORD });
    next = await startRedis({ dir: join(dir, 'next'), password: PASSWORD });
    address = await startRelay(former.port);
    const urls = [`redis://:${PASSWORD}@127.0.0.1:${address.port}`] as const;
    const [place, log] = [{ urls, cluster: false, sharded: true }, pino({ level: 'silent' })];
    redis = await connectRedis(place, 'fail-fast', log);
    listening = await connectEvents(place, log, redis);
  });

  afterEach(async () => {
    listening?.destroy();
    redis?.destroy();
    address?.close();
    await Promise.all([former?.stop(), next?.stop()]);
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  /** The former one goes on as a copy, with that password for the next one, which the address leads to once it was told so. */
  async function failOver(password: string): Promise<void> {
    const own = await createClient({ url: former.url }).connect();
    await own.sendCommand(['CONFIG', 'SET', 'masterauth', password]);
    await own.sendCommand(['REPLICAOF', '127.0.0.1', `${next.port}`]);
    own.destroy();
    const refused = await redis.set('who', 'nobody').catch((err: unknown) => err);
    expect(isRedisAway(refused), `${refused}`).to.equal(true);
    address.leadTo(next.port);
  }

  it('is left for the one to which its address leads, though it goes on', async () => {
    await redis.set('who', 'former');
    await failOver(PASSWORD);
    await eventually(() => redis.withTypeMapping({}).set('who', 'next'));
    const other = await createClient({ url: next.url }).connect();
    expect(await other.get('who')).to.equal('next');
    other.destroy();
  });

  it('is known as well by what a script is told, before version 7 and since', () => {
    const reply = "READONLY You can't write against a read only replica.";
    const before = `ERR Error running script (call to f_0a9f75e99148): @user_script:1: @user_script: 1: -${reply}`;
    for (const text of [before, `${reply} script: 0a9f75e99148, on @user_script:1.`])
      expect(isRedisAway(new ErrorReply(text)), text).to.equal(true);
    expect(isRedisAway(new ErrorReply('ERR Error running script (call to f_0a9f): WRONGTYPE'))).to.equal(false);
  });

  it('is left also by what only listens, to which it would pass on nothing that the next one is told', async () => {
    const heard: string[] = [];
    let missed = 0;
    listening.on('ready', () => {
      missed += 1;
    });
    await listening.sSubscribe('news', (message) => heard.push(message));
    await redis.sPublish('news', 'former');
    await eventually(() => expect(heard).to.deep.equal(['former']));
    await failOver('not this one');
    await eventually(() => redis.withTypeMapping({}).set('who', 'next'));
    await eventually(async () => {
      await redis.sPublish('news', 'next');
      expect(heard).to.include('next');
    });
    expect(missed).to.be.above(0);
  });
});
