import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { endWithParent } from '../../../local/children/programs.ts';
import { startProsody } from '../../../local/prosody/prosody-server.ts';
import { startRedis } from '../../../local/redis/redis-server.ts';
import { eventually } from '../../support/eventually.ts';
import { isRunning, processesIn, scratchFolder } from '../scratch.ts';

const launcher = fileURLToPath(new URL('../fixtures/launch-servers.ts', import.meta.url));

describe('a launcher that is killed with SIGKILL', () => {
  const folder = scratchFolder();
  after(() => folder.remove());

  it('leaves no server and no process behind, and the next one starts on the same folders at once', async () => {
    const { child, pids } = await launch(folder.path);
    expect(pids.filter(isRunning)).to.deep.equal(pids);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const redis = await startRedis({ dir: join(folder.path, 'redis') });
    const prosody = await startProsody({ dir: join(folder.path, 'prosody'), componentSecret: 'secret' });
    expect(pids.filter(isRunning)).to.deep.equal([]);
    await Promise.all([redis.stop(), prosody.stop()]);
    expect(processesIn(folder.path)).to.deep.equal([]);
  });

  it('ends its servers in order, not by force', async () => {
    const { child, pids } = await launch(folder.path);
    child.kill('SIGKILL');
    await eventually(() => {
      expect(pids.filter(isRunning)).to.be.empty;
      expect(processesIn(folder.path)).to.be.empty;
    });
    // Redis removes this file only at an orderly end.
    expect(existsSync(join(folder.path, 'redis', 'redis.pid'))).to.equal(false);
  });

  it('starts nothing when it is dead before the process begins: another one is the parent then', async () => {
    const { program, args } = endWithParent({ program: '/bin/echo', args: ['it runs'] }, 'KILL');
    const said = (started: string[]) => execFileSync(started[0] ?? '', started.slice(1), { encoding: 'utf8' });
    expect(said([program, ...args])).to.equal('it runs\n');
    expect(said(['/bin/sh', '-c', '"$@" || :', 'sh', program, ...args])).to.equal('');
  });
});

async function launch(dir: string) {
  const child = spawn(process.execPath, ['--import', 'tsx', launcher, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { child, pids: JSON.parse(String(line)) as number[] };
}
