import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from '../../local/children/child.ts';
import { requireProgram } from '../../local/children/programs.ts';
import { waitUntil } from '../../local/children/wait.ts';
import { privateFolder } from '../../local/folders.ts';
import { acceptsConnections, freePort } from '../../local/ports.ts';
import { type KamailioConfig, kamailioConfig } from './kamailio-config.ts';

export type Kamailio = Child & { port: number };

/**
 * Megabytes, all processes' and each one's own: with the 64 of its default a thousand subscriptions leave it no room for their NOTIFYs,
 * and with 512 it had none for what 3,000 publications a second leave behind in a minute.
 */
const MEMORY = ['-m', '4096', '-M', '64'];

/** Starts a Kamailio that serves presence on the loopback interface; `port`: a free one where it is left out. */
export async function startKamailio(
  folder: string,
  config: Omit<KamailioConfig, 'port'> & { port?: number } = {},
): Promise<Kamailio> {
  const dir = privateFolder(folder);
  const port = config.port ?? (await freePort());
  const configFile = join(dir, 'kamailio.cfg');
  writeFileSync(configFile, kamailioConfig({ ...config, port }), { mode: 0o600 });
  const child = await startChild({
    name: 'Kamailio',
    program: requireProgram('kamailio', 'kamailio kamailio-presence-modules'),
    args: ['-DD', '-E', ...MEMORY, '-f', configFile, '-P', join(dir, 'pid'), '-Y', dir],
    env: process.env,
    logFile: join(dir, 'kamailio.log'),
    cwd: dir,
    deathSignal: 'TERM',
  });
  const goal = `Kamailio did not serve port ${port}`;
  await waitUntil(() => acceptsConnections(port), { goal, timeoutMs: 30_000, children: [child] });
  return {
    ...child,
    port,
    async stop(graceMs) {
      await child.stop(graceMs);
      killGroup(child.pid);
    },
    async kill() {
      killGroup(child.pid);
      await child.exited;
    },
  };
}

/** Its other processes do not notice that the first one was killed. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ESRCH') throw err;
  }
}
