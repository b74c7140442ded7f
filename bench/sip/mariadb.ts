import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, startChild } from '../../local/children/child.ts';
import { requireProgram } from '../../local/children/programs.ts';
import { waitUntil } from '../../local/children/wait.ts';
import { privateFolder } from '../../local/folders.ts';
import { freePort } from '../../local/ports.ts';

/** A running private MariaDB; `url`: for Kamailio's `db_url`. */
export type MariaDb = Child & { url: string; port: number };

/** Debian's package `kamailio-mysql-modules` brings the tables. */
const TABLES = '/usr/share/kamailio/mysql';
const NAME = 'kamailio';
const PASSWORD = 'bench';

/** Starts a MariaDB as Debian sets it up (each commit is synced to the disk), on the loopback interface, with Kamailio's tables for presence. */
export async function startMariaDb(folder: string, port?: number): Promise<MariaDb> {
  const dir = privateFolder(folder);
  const data = join(dir, 'data');
  const fresh = !existsSync(data);
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  if (fresh) makeSystemTables(data, user);
  const ownPort = port ?? (await freePort());
  const socket = join(dir, 'socket');
  const child = await startChild({
    name: 'MariaDB',
    program: requireProgram('mariadbd', 'mariadb-server'),
    args: [
      '--no-defaults',
      ...user,
      `--datadir=${data}`,
      `--socket=${socket}`,
      '--bind-address=127.0.0.1',
      `--port=${ownPort}`,
    ],
    env: process.env,
    logFile: join(dir, 'mariadb.log'),
    deathSignal: 'TERM',
    graceMs: 20_000,
  });
  const answers = async () => spawnSync(...client(socket), { input: 'SELECT 1', stdio: 'pipe' }).status === 0;
  await waitUntil(answers, { goal: 'MariaDB did not answer', timeoutMs: 60_000, everyMs: 200, children: [child] });
  if (fresh) execFileSync(...client(socket), { input: kamailioTables() });
  return { ...child, port: ownPort, url: `mysql://${NAME}:${PASSWORD}@127.0.0.1:${ownPort}/${NAME}` };
}

function makeSystemTables(data: string, user: readonly string[]): void {
  execFileSync(
    requireProgram('mariadb-install-db', 'mariadb-server'),
    ['--no-defaults', ...user, `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { stdio: 'ignore' },
  );
}

function client(socket: string): [program: string, args: string[]] {
  return [requireProgram('mariadb', 'mariadb-client'), ['--no-defaults', '--user=root', `--socket=${socket}`]];
}

function kamailioTables(): string {
  const files = ['standard-create.sql', 'presence-create.sql'].map((file) => readFileSync(join(TABLES, file), 'utf8'));
  return [
    `CREATE DATABASE ${NAME}; USE ${NAME};`,
    `CREATE USER ${NAME}@'127.0.0.1' IDENTIFIED BY '${PASSWORD}'; GRANT ALL ON ${NAME}.* TO ${NAME}@'127.0.0.1';`,
    ...files,
  ].join('\n');
}
