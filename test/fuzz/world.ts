import { join } from 'node:path';
import type { Stack, StackOptions } from '../../local/stack/stack.ts';
import { type Api, createApi, type Person } from '../support/api.ts';
import { type Issuer, startIssuer } from '../support/http/issuer.ts';
import { heldMemory } from '../support/measure/held-memory.ts';
import { startTestStack } from '../support/stack.ts';
import { type ProcessWatch, watchProcess } from './process-watch.ts';

/** A whole Earshot with an issuer of tokens and three friends, and nothing that would hold a fuzzer back. */
export type World = {
  stack: Stack;
  api: Api;
  issuer: Issuer;
  people: Person[];
  /** All three processes. */
  watches: ProcessWatch[];
  stop(): Promise<void>;
};

const SETTINGS = {
  EARSHOT_OAUTH_AUDIENCE: 'https://earshot.example',
  EARSHOT_PUBLISH_INTERVAL_MS: '0',
  EARSHOT_LIMIT_ADDRESS: '0',
  EARSHOT_LIMIT_SUBSCRIBER: '0',
  EARSHOT_LIMIT_CARRIER: '0',
  EARSHOT_TRUSTED_PROXIES: '127.0.0.1',
  EARSHOT_CORS_ORIGINS: 'https://app.example',
};

/** `options`: what is special about this one's stack. */
export async function openWorld(options: Partial<Pick<StackOptions, 'entries' | 'env'>> = {}): Promise<World> {
  const [issuer, held] = [await startIssuer(), await heldMemory()];
  const env = { ...SETTINGS, ...options.env, ...held.env, EARSHOT_OAUTH_ISSUER: issuer.url };
  const stack = await startTestStack({ ...options, env }).catch(async (err) => {
    await Promise.all([issuer.stop(), held.stop()]);
    throw err;
  });
  const api = createApi(stack);
  const people: Person[] = [];
  for (const number of ['+8613700137000', '+8613900139000', '+8613600136000']) people.push(await api.join(number));
  const watches = (['gateway', 'component', 'worker'] as const).map((role) =>
    watchProcess(role, stack.process(role), join(stack.dataDir, 'logs', `${role}.log`), held),
  );
  return {
    stack,
    api,
    issuer,
    people,
    watches,
    async stop() {
      await stack.stop();
      await Promise.all([issuer.stop(), held.stop()]);
    },
  };
}
