import { execFile } from 'node:child_process';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { ROLES, type Role } from '../../local/processes.ts';
import { startRedis } from '../../local/redis/redis-server.ts';
import type { Stack } from '../../local/stack/stack.ts';
import { eventually } from './eventually.ts';

const run = promisify(execFile);

export type Backup = ReturnType<typeof createBackup>;

/** Copies of the stack's Redis, made and put back as docs/operating.md says. */
export function createBackup(stack: Stack & { dataDir: string }) {
  let count = 0;

  async function redisCli(...words: string[]): Promise<string> {
    const { port, password } = stack.redis();
    const { stdout } = await run('redis-cli', ['-p', `${port}`, ...words], {
      env: { ...process.env, REDISCLI_AUTH: password },
    });
    return stdout;
  }

  /** While Earshot runs or not: Redis holds what the copy does, and has its append-only file of it. */
  async function putIntoRedis(file: string): Promise<void> {
    const { dir, port, password } = stack.redis();
    await stack.part('redis').stop();
    await rm(join(dir, 'appendonlydir'), { recursive: true });
    await copyFile(file, join(dir, 'dump.rdb'));
    const once = await startRedis({ dir, port, password, settings: ['appendonly no'] });
    await redisCli('config', 'set', 'appendonly', 'yes');
    await eventually(async () => {
      const persistence = await redisCli('info', 'persistence');
      expect(persistence).to.contain('aof_enabled:1').and.contain('aof_rewrite_in_progress:0');
      expect(persistence).to.contain('aof_rewrite_scheduled:0').and.contain('aof_last_bgrewrite_status:ok');
    });
    await once.stop();
    await stack.restart('redis');
  }

  return {
    redisCli,
    putIntoRedis,
    /** What Redis knows of the XMPP server's stamp (decision 279). A copy with the same one passes for the present. */
    async stamps(): Promise<string> {
      const [key = ''] = (await redisCli('--scan', '--pattern', '*server-stamp*')).trim().split('\n');
      return redisCli('smembers', key);
    },
    /** Returns the file. */
    async copy(): Promise<string> {
      count += 1;
      const file = join(stack.dataDir, `earshot-${count}.rdb`);
      await redisCli('--rdb', file);
      return file;
    },
    /** With Earshot stopped meanwhile, in whatever way it has already ended; `roles`: those that are started again. */
    async putBack(file: string, roles: readonly Role[] = ROLES): Promise<void> {
      for (const role of ROLES) await stack.part(role).stop();
      await putIntoRedis(file);
      for (const role of roles) await stack.restart(role);
    },
  };
}
