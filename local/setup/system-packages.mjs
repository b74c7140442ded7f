import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { inProject } from './paths.mjs';
import { SetupError } from './setup-error.mjs';

const MODULE_FOLDERS = ['/usr/lib/prosody/modules', '/usr/local/lib/prosody/modules', '/usr/share/prosody-modules'];

/** By the names in local/xmpp-servers.ts. */
const NEEDED_BY_SERVER = {
  prosody: [
    { debianPackage: 'prosody', present: () => hasProgram('prosody') && hasProgram('prosodyctl') },
    { debianPackage: 'prosody-modules', present: () => hasProsodyModule('mod_privilege') },
  ],
  ejabberd: [{ debianPackage: 'ejabberd', present: () => hasProgram('erl') && hasProgram('ejabberdctl') }],
};
const NEEDED = [
  { debianPackage: 'redis-server', present: hasRedis },
  { debianPackage: 'openssl', present: () => hasProgram('openssl') },
];
const KAMAILIO = [
  { debianPackage: 'kamailio', present: () => hasProgram('kamailio') },
  { debianPackage: 'kamailio-presence-modules', present: () => hasKamailioModule('presence') },
];
const NEEDED_BY_TESTS = [
  ...NEEDED_BY_SERVER.ejabberd,
  { debianPackage: 'poezio', present: () => hasProgram('poezio') },
  { debianPackage: 'tmux', present: () => hasProgram('tmux') },
  { debianPackage: 'radicale', present: () => hasProgram('radicale') },
  { debianPackage: 'xandikos', present: () => hasProgram('xandikos') },
  {
    debianPackage: 'php-sabre-dav',
    present: () => knowsNoSabre() || (hasProgram('php') && existsSync('/usr/share/php/Sabre/autoload.php')),
  },
  { debianPackage: 'php-sqlite3', present: () => knowsNoSabre() || hasPhpExtension('pdo_sqlite') },
  { debianPackage: 'mpd', present: () => hasProgram('mpd') },
  { debianPackage: 'mpdscribble', present: () => hasProgram('mpdscribble') },
  { debianPackage: 'mpc', present: () => hasProgram('mpc') },
  { debianPackage: 'prometheus', present: () => hasProgram('promtool') },
  { debianPackage: 'nginx', present: () => hasProgram('nginx') },
  { debianPackage: 'caddy', present: () => hasProgram('caddy') },
  { debianPackage: 'systemd-container', present: () => hasProgram('systemd-nspawn') },
  { debianPackage: 'debootstrap', present: () => hasProgram('debootstrap') },
  { debianPackage: 'buildah', present: () => hasProgram('buildah') },
  { debianPackage: 'podman', present: () => hasProgram('podman') },
  { debianPackage: 'faketime', present: () => hasProgram('faketime') },
  { debianPackage: 'chromium', present: () => hasProgram('chromium') },
  ...KAMAILIO,
  { debianPackage: 'kamailio-tls-modules', present: () => hasKamailioModule('tls') },
  { debianPackage: 'sip-tester', present: () => hasProgram('sipp') },
  { debianPackage: 'baresip', present: () => hasProgram('baresip') },
];
const NEEDED_BY_KAMAILIO = [
  ...KAMAILIO,
  { debianPackage: 'kamailio-mysql-modules', present: () => hasKamailioModule('db_mysql') },
  { debianPackage: 'mariadb-server', present: () => hasProgram('mariadbd') },
  { debianPackage: 'strace', present: () => hasProgram('strace') },
];
/** Packages that start a service, and what that is called; the same as in install-packages.sh. */
const SERVICES = new Map([
  ...['prosody', 'redis-server', 'radicale', 'mpd', 'mpdscribble', 'kamailio', 'prometheus', 'nginx', 'caddy'].map(
    (name) => [name, name],
  ),
  ['mariadb-server', 'mariadb'],
  ['podman', 'podman.socket podman podman-restart podman-auto-update.timer podman-auto-update'],
  // Erlang brings a daemon that listens on every address.
  ['ejabberd', 'ejabberd epmd.socket epmd'],
]);

/**
 * Installs the Debian packages that are missing, or throws with the command that does it.
 * @param {{ forTests: boolean, forKamailio: boolean, xmppServer: string }} options
 */
export function installSystemPackages(options) {
  const missing = missingPackages(options);
  if (missing.length === 0) return;
  if (!hasProgram('apt-get')) throw new SetupError(notDebianMessage(missing));
  const becomeRoot = rootPrefix();
  if (becomeRoot === undefined) throw new SetupError(mayNotMessage(missing));
  console.log(`Installing ${missing.join(', ')} with apt-get (this may take a minute) …`);
  install(becomeRoot, missing);
  const still = missingPackages(options);
  if (still.length > 0) throw new SetupError(mayNotMessage(still));
}

function missingPackages({ forTests, forKamailio, xmppServer }) {
  const further = [...(forTests ? NEEDED_BY_TESTS : []), ...(forKamailio ? NEEDED_BY_KAMAILIO : [])];
  const needed = [...(NEEDED_BY_SERVER[xmppServer] ?? []), ...NEEDED, ...further];
  return [...new Set(needed.filter(({ present }) => !present()).map(({ debianPackage }) => debianPackage))];
}

/** The words before a command that make root run it: none for root itself, undefined when there is no way without asking. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (!hasProgram('sudo')) return undefined;
  return spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0 ? ['sudo', '-n'] : undefined;
}

/** Output goes to a file, so that the script can end in order even when we are gone. */
function install(becomeRoot, packages) {
  const logFile = join(mkdtempSync(join(tmpdir(), 'earshot-setup-')), 'apt.log');
  const log = openSync(logFile, 'a', 0o600);
  const [program, ...args] = [...becomeRoot, '/bin/sh', inProject('local/setup/install-packages.sh'), ...packages];
  const { status } = spawnSync(program, args, { stdio: ['ignore', log, log] });
  if (status === 0) return;
  const lines = readFileSync(logFile, 'utf8').trim().split('\n').slice(-15);
  throw new SetupError(`apt-get failed. The last lines of ${logFile}:\n\n  ${lines.join('\n  ')}`);
}

function mayNotMessage(packages) {
  const list = packages.join(' ');
  const own = packages.flatMap((name) => SERVICES.get(name) ?? []).join(' ');
  const off = `\nEarshot starts servers of its own. Those of the system, which this starts as well, are not needed:\n\n  sudo systemctl disable --now ${own}`;
  return `Earshot needs these packages, which are missing, and this user may not install them: ${list}.
Install them once, then try again:

  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${list}
${own === '' ? '' : off}`;
}

function notDebianMessage(packages) {
  return `Earshot needs these Debian packages, which are missing, and there is no apt-get to install them: ${packages.join(', ')}.
Install what they hold by the means of this system, so that prosody, prosodyctl and redis-server are on the PATH:
Prosody 0.12 or newer with the community module mod_privilege (https://modules.prosody.im/mod_privilege), and Redis 6.2 or newer, or Valkey.`;
}

/** Or Valkey, or what is named in its place; as local/redis/redis-program.ts finds it, and says what is wrong with a name. */
function hasRedis() {
  return Boolean(process.env.EARSHOT_REDIS_PROGRAM) || hasProgram('redis-server') || hasProgram('valkey-server');
}

/** Servers are where only root's PATH may lead. */
function hasProgram(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders.some((folder) => folder !== '' && isExecutable(join(folder, name)));
}

function hasProsodyModule(name) {
  return MODULE_FOLDERS.some((folder) => existsSync(join(folder, name)) || existsSync(join(folder, `${name}.lua`)));
}

function hasPhpExtension(name) {
  const folder = '/usr/lib/php';
  return existsSync(folder) && readdirSync(folder).some((api) => existsSync(join(folder, api, `${name}.so`)));
}

/** Debian has sabre/dav no more since its release 13: its tests are left out there. */
function knowsNoSabre() {
  if (!existsSync('/etc/os-release')) return false;
  const release = readFileSync('/etc/os-release', 'utf8');
  return /^ID=debian$/m.test(release) && Number(/^VERSION_ID="(\d+)"$/m.exec(release)?.[1]) >= 13;
}

/** The folder is named after the kind of processor. */
function hasKamailioModule(name) {
  return readdirSync('/usr/lib').some((folder) => existsSync(join('/usr/lib', folder, `kamailio/modules/${name}.so`)));
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
