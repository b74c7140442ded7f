import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { keepToOneself } from './debian-root.ts';

/** Has the folder until it is killed. */
const ANOTHER_RUN = `
const { keepToOneself } = await import(process.argv[1]);
keepToOneself(process.argv[2]);
console.log('has it');
setInterval(() => {}, 60_000);`;

describe('the folder of a Debian that tests run in', () => {
  let dir: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'earshot-root-'));
  });

  after(() => rm(dir, { recursive: true, force: true }));

  it('is that of one run at a time, and free when a run was killed', async () => {
    const folder = join(dir, 'debian-13');
    const module = new URL('./debian-root.ts', import.meta.url).href;
    const words = ['--import', 'tsx', '--input-type=module', '--eval', ANOTHER_RUN, module, folder];
    const other = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(other, 'exit');
    try {
      expect(await Promise.race([once(other.stdout, 'data'), ended]).then(String)).to.equal('has it\n');
      expect(() => keepToOneself(folder)).to.throw(
        `Another run has ${folder} (process ${other.pid}): wait until it has ended`,
      );
    } finally {
      other.kill('SIGKILL');
      await ended;
    }
    keepToOneself(folder);
    // The same run asks for it once for each server.
    keepToOneself(folder);
  });
});
