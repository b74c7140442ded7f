import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

import { lockDataDir } from '../../local/data-lock.ts';
import { scratchFolder } from './scratch.ts';

describe('the lock of a data folder', () => {
  const folder = scratchFolder();
  const file = join(folder.path, 'launcher.pid');
  after(() => folder.remove());

  it('keeps a second launcher out until the first lets go', () => {
    const unlock = lockDataDir(folder.path);
    expect(() => lockDataDir(folder.path)).to.throw(`Earshot already runs on ${folder.path} (process ${process.pid}).`);
    unlock();
    expect(existsSync(file)).to.equal(false);
    lockDataDir(folder.path)();
  });

  it('counts for nothing when its process is gone, or is another one with the same number', () => {
    const gone = spawn('true').pid;
    for (const content of ['', 'nonsense', '0 0', '-1 5', '99999999 1', `${process.pid} 1`, `${gone} 1`]) {
      writeFileSync(file, content);
      lockDataDir(folder.path)();
    }
  });
});
