import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Stack, type StackOptions, startStack } from '../../../local/stack/stack.ts';
import { PATIENCE, REDIS_PATIENCE } from '../eventually.ts';
import { TEST_SERVER } from '../on-server.ts';
import type { ClientPlace } from '../xmpp/xmpp-client.ts';
import { stacksInUse } from './last-words.ts';

/** A stack in a folder of its own, which goes when it is stopped. */
export type TestStack = Stack & ClientPlace & { dataDir: string };

export type TestStackOptions = Omit<StackOptions, 'dataDir'>;

/** A whole Earshot of one home, on the XMPP server that is tested and on free ports. */
export async function startOwnStack(options: TestStackOptions = {}): Promise<TestStack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'earshot-test-'));
  const env = { EARSHOT_REDIS_PATIENCE_MS: REDIS_PATIENCE, ...options.env };
  const stack = await startStack({ server: TEST_SERVER, readyTimeoutMs: PATIENCE, ...options, env, dataDir }).catch(
    async (err: unknown) => {
      await rm(dataDir, { recursive: true, force: true });
      throw err;
    },
  );
  stacksInUse.add(dataDir);
  return {
    ...stack,
    dataDir,
    async stop() {
      stacksInUse.delete(dataDir);
      await stack.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
