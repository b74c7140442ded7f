import { createStores, type Stores } from '../../../store/stores.ts';
import { type TestRedis, traffic } from '../redis.ts';

/** Is told of a script before it runs, and may wait, do something else first, or throw. */
export type LooksAtScript = (args: readonly { length: number }[], script: string) => void | Promise<void>;

/**
 * Stores of somebody before whose scripts something happens, such as its death: `then` is told how many of those have come that
 * are `meant`.
 */
export function interruptedStores(
  server: TestRedis,
  stores: Stores,
  meant: (args: readonly { length: number }[], script: string) => boolean,
  then: (count: number) => void | Promise<void>,
): Stores {
  let count = 0;
  return watchedStores(server, stores, async (args, script) => {
    if (!meant(args, script)) return;
    count += 1;
    await then(count);
  });
}

/** What somebody throws who dies between two steps. */
export function die(): never {
  throw new Error('dead');
}

/** The same stores, and of each of their scripts how many commands it took and bytes it was told. Not of a cluster, whose nodes count apart. */
export function countedStores(server: TestRedis, stores: Stores) {
  const costs: { commands: number; bytes: number }[] = [];
  const commands = async () => (await traffic(server)).commands;
  let [began, bytes] = [0, 0];
  const counted = watchedStores(
    server,
    stores,
    async (args) => {
      bytes = args.reduce((sum, { length }) => sum + length, 0);
      began = await commands();
    },
    async () => {
      costs.push({ commands: (await commands()) - began, bytes });
    },
  );
  return { counted, costs };
}

/** The same stores, for somebody whose scripts are looked at. `after`: once each has run. */
export function watchedStores(
  { redis }: TestRedis,
  { keys }: Stores,
  before: LooksAtScript,
  after: () => Promise<void> = async () => {},
): Stores {
  const watched = (client: TestRedis['redis']): TestRedis['redis'] =>
    new Proxy(client, {
      get(_, name) {
        if (name === 'withTypeMapping')
          return (mapping: never) => watched(client.withTypeMapping(mapping) as unknown as TestRedis['redis']);
        const value = Reflect.get(client, name, client);
        // So each comes by its text.
        if (name === 'evalSha') return () => Promise.reject(new Error('NOSCRIPT'));
        if (name !== 'eval') return typeof value === 'function' ? value.bind(client) : value;
        return async (script: string, options: { keys: string[]; arguments: string[] }) => {
          await before(options.arguments, script);
          const reply = await client.eval(script, options);
          await after();
          return reply;
        };
      },
    });
  return createStores(watched(redis), keys.reconciliation.split(':')[0] ?? '', Buffer.alloc(32));
}
