import { mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect } from 'chai';
import { findProgram } from '../../../local/children/programs.ts';
import { findRedis } from '../../../local/redis/redis-program.ts';
import { scratchFolder } from '../scratch.ts';

describe('which Redis is run', () => {
  const folder = scratchFolder();
  const path = process.env.PATH;
  const bin = join(folder.path, 'bin');
  const valkey = join(bin, 'valkey-server');

  before(() => {
    mkdirSync(bin);
    symlinkSync(findProgram('redis-server') ?? '', valkey);
    process.env.PATH = `${bin}${delimiter}${path}`;
  });
  after(() => {
    process.env.PATH = path;
    folder.remove();
  });

  it('is Redis where both are, unless another is named', () => {
    expect(findRedis('')).to.match(/\/redis-server$/);
    expect(findRedis('valkey-server')).to.equal(valkey);
  });

  it('is nothing else than what is named', () => {
    expect(() => findRedis('valkey-serve')).to.throw(
      'EARSHOT_REDIS_PROGRAM names valkey-serve, which is not installed.',
    );
  });
});
