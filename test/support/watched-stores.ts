import { createStores, type Stores } from '../../store/stores.ts';
import type { TestRedis } from './redis.ts';

/** Is told of a script before it runs, and may wait, do something else first, or throw. */
export type LooksAtScript = (args: readonly { length: number }[], script: string) => void | Promise<void>;

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
