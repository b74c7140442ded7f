import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProcess } from '../../local/processes.ts';
import { eventually } from '../support/eventually.ts';
import { heldMemory } from '../support/measure/held-memory.ts';
import { startTestRedis } from '../support/redis.ts';
import { type FakeServer, startFakeServer } from '../support/xmpp/fake-server.ts';
import { type ProcessWatch, watchProcess } from './process-watch.ts';

/** The component's own process, on a server that sends whatever it is told. */
export type ComponentWorld = {
  server: FakeServer;
  watch: ProcessWatch;
  /** Starts the component again if it has ended, to find out which stanza ended it. */
  revive(): Promise<void>;
  stop(): Promise<void>;
};

export async function openComponentWorld(): Promise<ComponentWorld> {
  const redis = await startTestRedis();
  const server = await startFakeServer();
  const held = await heldMemory();
  const folder = await mkdtemp(join(tmpdir(), 'earshot-fuzz-'));
  const logFile = join(folder, 'component.log');
  const env = {
    ...held.env,
    EARSHOT_REDIS_URL: redis.url,
    EARSHOT_HOME_HOST: 'op.example',
    EARSHOT_NUMBER_KEY: 'ab'.repeat(32),
    EARSHOT_SECRETS_KEY: 'cd'.repeat(32),
    EARSHOT_COMPONENT_SERVICE: server.service,
    EARSHOT_COMPONENT_SECRET: 'a secret',
  };
  const start = () => startProcess({ role: 'component', env, logFile });
  const online = (times: number) =>
    eventually(() => {
      if (server.streams() < times) throw new Error('The component has not come online.');
    });
  let component = await start();
  await online(1);
  return {
    server,
    watch: watchProcess('component', component, logFile, held),
    async revive() {
      if (component.exit() === undefined) return;
      component = await start();
      await online(server.streams() + 1);
    },
    async stop() {
      await component.stop();
      await server.stop();
      await redis.stop();
      await held.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
