import { join } from 'node:path';
import { withDescendants } from '../cpu.ts';
import type { FanOut } from '../load/fan-out.ts';
import { openSip } from '../sip/connection.ts';
import { type Kamailio, startKamailio } from '../sip/kamailio.ts';
import { type MariaDb, startMariaDb } from '../sip/mariadb.ts';
import { createPublisher } from '../sip/publisher.ts';
import { connectWatcher, type Watcher } from '../sip/watcher.ts';
import { remembered } from './remembered.ts';
import type { Side } from './side.ts';

const DOMAIN = 'op.example';

/** SIP PUBLISH → Kamailio → NOTIFY, in memory or with a MariaDB; all publishers on one connection, each watcher on its own. */
export async function sipSide(
  folder: string,
  storage: 'memory' | 'database',
  publishers: number,
  fanOut: FanOut,
): Promise<Side> {
  const database = storage === 'database' ? await startMariaDb(join(folder, 'mariadb')) : undefined;
  const kamailio = await startKamailio(join(folder, 'kamailio'), database && { database: database.url });
  const uris = Array.from({ length: publishers }, (_, i) => `sip:publisher${i}@${DOMAIN}`);
  const connection = await openSip(kamailio.port);
  const sources = uris.map((uri) => createPublisher(connection, uri));
  const watchers: Watcher[] = [];
  const servers = { kamailio, database };
  return {
    name: database ? 'SIP, with MariaDB' : 'SIP, in memory',
    isOurs: false,
    open: async () => ({ publish: async (lane, _, tune) => sources[lane]?.publish(tune), close() {} }),
    processes: () => processesOf(servers),
    async watch(count) {
      for (let i = watchers.length; i < count; i += 1)
        watchers.push(
          await connectWatcher(
            kamailio.port,
            { name: `watcher${i}`, domain: DOMAIN },
            uris,
            (title) => title !== undefined && fanOut.told(i, title),
          ),
        );
    },
    async remembers(titles) {
      for (const pid of Object.values(processesOf(servers)).flat()) kill(pid);
      await Promise.all([servers.kamailio.exited, servers.database?.exited]);
      if (database) servers.database = await startMariaDb(join(folder, 'mariadb'), database.port);
      servers.kamailio = await startKamailio(join(folder, 'kamailio'), database && { database: database.url });
      const { port } = servers.kamailio;
      return remembered(titles, (heard) =>
        connectWatcher(port, { name: 'late', domain: DOMAIN }, uris, (title) => title !== undefined && heard(title)),
      );
    },
    async stop() {
      connection.close();
      for (const watcher of watchers) watcher.close();
      await servers.kamailio.stop();
      await servers.database?.stop();
    },
  };
}

function processesOf({ kamailio, database }: { kamailio: Kamailio; database: MariaDb | undefined }) {
  return { kamailio: withDescendants(kamailio.pid), ...(database ? { mariadb: [database.pid] } : {}) };
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended with its parent.
  }
}
