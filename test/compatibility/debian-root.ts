import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../local/children/programs.ts';
import { LockTaken, takeLock } from '../../local/pid-lock.ts';
import { projectRoot } from '../../local/project-root.ts';
import { cacheFolder } from './cache.ts';
import { Missing, run, said } from './run.ts';

const MIRROR = 'http://deb.debian.org/debian';
const RELEASES: Readonly<Record<number, string>> = { 13: 'trixie' };
/** What somebody has who is about to read the README: Node.js as Debian ships it, and git. */
const INSTALLED = ['curl', 'git', 'nodejs', 'npm', 'procps'];
/** Of this machine's settings, what its network asks for. */
const NETWORK_SETTINGS = /^(https?_proxy|no_proxy|npm_config_\w+)$/i;
/** Where the checkout lies in there. */
const CHECKOUT = '/earshot';

/**
 * Mounts what programs expect, where nobody else sees it and it goes with them, and runs the rest of the words in the folder
 * that is named first.
 */
const ENTER = `set -e
root=$1; shift
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
exec chroot "$root" "$@"`;

/** A Debian in a folder, with a copy of this checkout. */
export type DebianRoot = {
  folder: string;
  /** Runs a line of shell in the copy. @throws Error when it fails */
  run(line: string, env?: Record<string, string>): void;
  /** The same; what it writes to its standard output. */
  said(line: string): string;
  /** The place of one of the checkout's files, from outside. */
  file(name: string): string;
};

/**
 * Builds it once, and copies the checkout into it at each call; nobody else has it until this process ends. @throws Missing where that
 * cannot be done here, Error where another run has it
 */
export function debianRoot(debian: number): DebianRoot {
  const release = RELEASES[debian];
  if (release === undefined)
    throw new Missing(
      `It comes with Debian ${debian}, whose Node.js is too old for Earshot: run this on Debian ${debian}.`,
    );
  if (process.getuid?.() !== 0)
    throw new Missing(
      `Debian ${debian} is built in a folder, for which this has to run as root: sudo npm run test:servers.`,
    );
  if (findProgram('debootstrap') === undefined)
    throw new Missing(`Debian ${debian} is built in a folder by debootstrap: apt-get install debootstrap`);
  const folder = join(cacheFolder(), `debian-${debian}`);
  keepToOneself(folder);
  if (!existsSync(folder)) build(release, folder);
  copyFileSync('/etc/resolv.conf', join(folder, 'etc/resolv.conf'));
  // Of a machine whose network has certificates of its own, too.
  copyFileSync('/etc/ssl/certs/ca-certificates.crt', join(folder, 'etc/ssl/certs/ca-certificates.crt'));
  copyCheckout(join(folder, CHECKOUT));
  const words = (line: string) => entering(folder, `cd ${CHECKOUT} && ${line}`);
  return {
    folder,
    run: (line, env = {}) => run('unshare', words(line), { env: { ...insideEnv(), ...env } }),
    said: (line) => said('unshare', words(line), { env: insideEnv() }),
    file: (name) => join(folder, CHECKOUT, name),
  };
}

const kept = new Set<string>();

/** The copy of the checkout, and what is installed, are those of one run at a time. @throws Error where another has the folder */
export function keepToOneself(folder: string): void {
  if (kept.has(folder)) return;
  try {
    process.once('exit', takeLock(`${folder}.lock`));
    kept.add(folder);
  } catch (err) {
    if (!(err instanceof LockTaken)) throw err;
    const holder = err.holder === undefined ? '' : ` (process ${err.holder})`;
    throw new Error(
      `Another run has ${folder}${holder}: wait until it has ended, or set XDG_CACHE_HOME to a folder of this one's own.`,
    );
  }
}

/** The words behind `unshare` that run a line of shell in there, with processes and mounts that end with it. */
function entering(folder: string, line: string): string[] {
  return ['--mount', '--pid', '--fork', '--kill-child', 'sh', '-c', ENTER, 'sh', folder, '/bin/sh', '-c', line];
}

function build(release: string, folder: string): void {
  console.log(`Building Debian (${release}) in ${folder} …`);
  const draft = `${folder}.part`;
  rmSync(draft, { recursive: true, force: true });
  run('debootstrap', ['--variant=minbase', '--include=ca-certificates', release, draft, MIRROR]);
  // Not by debootstrap, which takes the first of several packages that would do, and leaves the others' needs out.
  const install = `apt-get update && apt-get install -y --no-install-recommends ${INSTALLED.join(' ')}`;
  run('unshare', entering(draft, install), { env: { ...insideEnv(), DEBIAN_FRONTEND: 'noninteractive' } });
  renameSync(draft, folder);
}

/** What git would commit, as it is now; npm packages and the build of an earlier run stay. */
function copyCheckout(to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(to))
    if (!['node_modules', 'dist'].includes(name)) rmSync(join(to, name), { recursive: true });
  const listed = said('git', ['-C', projectRoot(), 'ls-files', '--cached', '--others', '--exclude-standard', '-z']);
  for (const file of listed.split('\0').filter((name) => name !== '')) {
    const from = join(projectRoot(), file);
    if (existsSync(from)) cpSync(from, join(to, file), { preserveTimestamps: true });
  }
}

function insideEnv(): Record<string, string> {
  const network = Object.entries(process.env).filter(
    ([name, value]) => NETWORK_SETTINGS.test(name) && value !== undefined,
  );
  return {
    ...(Object.fromEntries(network) as Record<string, string>),
    HOME: '/root',
    LANG: 'C.UTF-8',
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/ca-certificates.crt',
  };
}
