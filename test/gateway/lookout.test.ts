import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pino } from 'pino';
import type { Context } from '../../gateway/context.ts';
import { createLookout } from '../../gateway/routes/lookout.ts';
import { type RedisServer, startRedis } from '../../local/redis/redis-server.ts';
import { findRedis } from '../../runtime/redis/find-redis.ts';
import { connectRedis, type Redis } from '../../runtime/redis/redis.ts';
import { createStores } from '../../store/stores.ts';
import { eventually } from '../support/eventually.ts';
import { whileHanging } from '../support/hanging.ts';

describe('gateway/routes/lookout', () => {
  let dir: string;
  let server: RedisServer;
  let redis: Redis;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'earshot-lookout-'));
    server = await startRedis({ dir, password: 'a-password' });
    const log = pino({ level: 'silent' });
    redis = await connectRedis(await findRedis([server.url], log), 'fail-fast', log);
  });

  after(async () => {
    redis?.destroy();
    await server?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('tells what was found a moment ago while Redis has not answered yet, and the newest once it has', async () => {
    const stores = createStores(redis, 'lookout', Buffer.alloc(32));
    const context = { stores, config: { homes: [{ host: 'op.example' }] } } as unknown as Context;
    const look = createLookout(context, { soon: 1, holds: Number.POSITIVE_INFINITY, missing: 60_000 });
    const nobody = { missing: ['the component process', 'the worker process'], standby: 0 };
    expect(await look()).to.deep.equal(nobody);
    const forgetful = createLookout(context, { soon: 1, holds: 0, missing: 1 });
    await whileHanging(server, async () => {
      expect(await look()).to.deep.equal(nobody);
      expect(await forgetful(), 'where nothing holds').to.deep.equal({ missing: ['Redis'] });
    });
    await server.kill();
    await eventually(async () => expect(await look()).to.deep.equal({ missing: ['Redis'] }));
  });
});
