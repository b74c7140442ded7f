import { writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { createClient } from 'redis';

import { freePort } from '../../../local/ports.ts';
import { type RedisServer, startRedis } from '../../../local/redis/redis-server.ts';
import { isRunning, rejection, scratchFolder } from '../scratch.ts';

describe('a private Redis', () => {
  const folder = scratchFolder();
  const dir = join(folder.path, 'with "quotes" and späces');
  let redis: RedisServer | undefined;

  afterEach(async () => {
    await redis?.stop();
    redis = undefined;
  });
  after(() => folder.remove());

  it('answers at its URL, only with its password, and keeps its files to its owner', async () => {
    redis = await startRedis({ dir });
    expect(await ask(redis.url, ['PING'])).to.equal('PONG');
    const stranger = await rejection(ask(`redis://127.0.0.1:${redis.port}`, ['PING']));
    expect(stranger.message).to.match(/NOAUTH/);
    expect((await stat(dir)).mode & 0o777).to.equal(0o700);
    expect((await stat(join(dir, 'redis.conf'))).mode & 0o777).to.equal(0o600);
  });

  it('is durable before it answers and refuses rather than forgets when memory is short', async () => {
    redis = await startRedis({ dir });
    expect(await ask(redis.url, ['CONFIG', 'GET', 'appendfsync'])).to.deep.equal({ appendfsync: 'always' });
    expect(await ask(redis.url, ['CONFIG', 'GET', 'maxmemory-policy'])).to.deep.equal({
      'maxmemory-policy': 'noeviction',
    });
    expect(await ask(redis.url, ['CONFIG', 'GET', 'bind'])).to.deep.equal({ bind: '127.0.0.1' });
  });

  it('finds its data again after kill -9, on the same port', async () => {
    const first = await startRedis({ dir });
    await ask(first.url, ['SET', 'book', '7']);
    await first.kill();
    expect(isRunning(first.pid)).to.equal(false);
    expect(first.exit()).to.deep.equal({ code: null, signal: 'SIGKILL' });
    redis = await startRedis({ dir, port: first.port, password: first.password });
    expect(redis.url).to.equal(first.url);
    expect(await ask(redis.url, ['GET', 'book'])).to.equal('7');
  });

  it('leaves no process behind when stopped, and may be stopped twice', async () => {
    const server = await startRedis({ dir });
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(isRunning(server.pid)).to.equal(false);
    expect(server.exit()).to.deep.equal({ code: 0, signal: null });
  });

  it('says which port is taken', async () => {
    const port = await freePort();
    const squatter = createServer().listen(port, '127.0.0.1');
    const error = await rejection(startRedis({ dir, port })).finally(() => squatter.close());
    expect(error).to.include({ code: 'PORT_TAKEN' });
    expect(error.message).to.contain(`Port ${port} is needed for Redis`);
  });

  it('does not start a second time on the same folder', async () => {
    redis = await startRedis({ dir });
    const error = await rejection(startRedis({ dir }));
    expect(error).to.include({ code: 'ALREADY_RUNNING' });
    expect(error.message).to.contain(`kill ${redis.pid}`);
  });

  it('shows its last log lines when its data is broken', async () => {
    const broken = join(folder.path, 'broken');
    const first = await startRedis({ dir: broken });
    await ask(first.url, ['SET', 'a', '1']);
    await first.stop();
    writeFileSync(
      join(broken, 'appendonlydir', 'appendonly.aof.1.incr.aof'),
      'this is no append-only file\n'.repeat(3),
    );
    const error = await rejection(startRedis({ dir: broken }));
    expect(error).to.include({ code: 'DIED' });
    expect(error.message).to.match(/Bad file format reading the append only file/);
  });

  it('says which folder cannot be made', async () => {
    writeFileSync(join(folder.path, 'a-file'), '');
    const error = await rejection(startRedis({ dir: join(folder.path, 'a-file', 'redis') }));
    expect(error).to.include({ code: 'DATA_DIR' });
    expect(error.message).to.contain('a-file/redis');
  });
});

async function ask(url: string, command: string[]): Promise<unknown> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on('error', () => {});
  await client.connect();
  try {
    const [name, verb, key] = command;
    if (name === 'CONFIG' && verb === 'GET' && key !== undefined) return await client.configGet(key);
    return await client.sendCommand(command);
  } finally {
    client.destroy();
  }
}
