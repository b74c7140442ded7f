import { execFile } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { TestStack } from '../support/servers/own-stack.ts';
import { hasOwnMounts } from './own-mounts.ts';

const run = promisify(execFile);

/** Bytes: room for what a whole run makes Redis write, and for its file being written anew meanwhile. */
const SIZE = '256m';

/** A disk of Redis' own, small enough to be filled. */
export type Disk = {
  /** Nothing has any room there meanwhile. */
  whileFull(act: () => Promise<unknown>): Promise<void>;
  /** Redis is stopped, and its files are where they were before. */
  giveBack(): Promise<void>;
};

/** Moves the files of Redis, which is started again, to a tmpfs; undefined for who may not mount one. */
export async function giveDisk(stack: TestStack): Promise<Disk | undefined> {
  if (!hasOwnMounts()) return undefined;
  const { dir } = stack.redis();
  const beside = `${dir}-beside`;
  const ballast = join(dir, 'ballast');
  await stack.part('redis').stop();
  await cp(dir, beside, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'earshot-torture', dir]);
  await move(beside, dir);
  await stack.restart('redis');
  return {
    async whileFull(act) {
      // To its end, as others write as well.
      const full = await run('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k']).catch((err: Error) => err.message);
      expect(full).to.contain('No space left');
      await act();
      await rm(ballast);
    },
    async giveBack() {
      await stack.part('redis').stop();
      await cp(dir, beside, { recursive: true });
      await run('umount', [dir]);
      await move(beside, dir);
    },
  };
}

async function move(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
  await rm(from, { recursive: true });
}
