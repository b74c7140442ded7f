import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Stack, type StackOptions, startStack } from '../../local/stack.ts';

/** A whole Earshot on free ports and in a folder of its own, which goes when the test ends. */
export async function startTestStack(options: Omit<StackOptions, 'dataDir'> = {}): Promise<Stack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'earshot-test-'));
  const stack = await startStack({ ...options, dataDir });
  return {
    ...stack,
    async stop() {
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
