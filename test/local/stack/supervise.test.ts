import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { PART_NAMES, type Stack, startStack } from '../../../local/stack/stack.ts';
import { backoffMs, endLine, superviseStack } from '../../../local/stack/supervise.ts';
import { isRunning, processesIn, scratchFolder } from '../scratch.ts';

const idle = fileURLToPath(new URL('../fixtures/idle-process.ts', import.meta.url));
const gateway = fileURLToPath(new URL('../fixtures/ready-gateway.ts', import.meta.url));

describe('supervision', () => {
  const folder = scratchFolder();
  let stack: Stack;
  const said: string[] = [];

  before(async () => {
    stack = await startStack({ dataDir: folder.path, entries: { component: idle, worker: idle, gateway } });
    superviseStack(stack, (line) => said.push(line));
  });
  after(async () => {
    await stack.stop();
    folder.remove();
  });

  it('starts every part again that ends by itself, and says so in one line', async () => {
    const before = PART_NAMES.map((name) => stack.part(name).pid);
    for (const pid of before) process.kill(pid, 'SIGKILL');
    await until(() => PART_NAMES.every((name, at) => stack.part(name).pid !== before[at]));
    const after = PART_NAMES.map((name) => stack.part(name).pid);
    expect(after.filter(isRunning)).to.deep.equal(after);
    expect(said).to.have.members(
      ['Redis', 'Prosody', 'The component', 'The gateway', 'The worker'].map(
        (name) => `${name} ended by itself (SIGKILL); starting it again in 0.5 s.`,
      ),
    );
  });

  it('lets a stack stop, even in the middle of a restart', async () => {
    stack.part('redis').kill();
    stack.part('gateway').kill();
    await delay(510);
    await stack.stop();
    await delay(1_200);
    expect(processesIn(folder.path)).to.deep.equal([]);
  });

  it('says from the second end in a row on why the pauses grow', () => {
    const crashed = { code: 1, signal: null };
    expect([1, 2, 5].map((failures) => endLine('The worker', crashed, failures))).to.deep.equal([
      'The worker ended by itself (exit code 1); starting it again in 0.5 s.',
      'The worker ended by itself (exit code 1), 2 times in a row; so starting it again in 1 s.',
      'The worker ended by itself (exit code 1), 5 times in a row; so starting it again in 8 s.',
    ]);
  });

  it('waits longer after each failure in a row, but never longer than 10 s', () => {
    expect([1, 2, 3, 4, 5, 6, 50].map(backoffMs)).to.deep.equal([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await delay(25);
}
