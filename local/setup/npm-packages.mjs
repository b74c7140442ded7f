import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

import { inProject } from './paths.mjs';
import { SetupError } from './setup-error.mjs';

/**
 * Runs `npm ci` when node_modules is missing or does not match package-lock.json.
 * @param {string} folder of the package, from that of the project
 */
export function installNpmPackages(folder = '.') {
  const [wanted, installed] = ['package-lock.json', 'node_modules/.package-lock.json'].map((file) =>
    readPackages(inProject(folder, file)),
  );
  if (matches(wanted, installed)) return;
  console.log(`Installing npm packages (npm ci)${folder === '.' ? '' : ` in ${folder}`} …`);
  // The build needs the development packages, whatever NODE_ENV says; no package needs to run a script of its own.
  const { status, error } = spawnSync(...npm('ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'), {
    cwd: inProject(folder),
    stdio: 'inherit',
  });
  if (status !== 0) {
    const reason = error ? ` (${error.message})` : '';
    throw new SetupError(`npm ci failed${reason}: see above. Is the npm registry within reach?`);
  }
}

/**
 * Whether what is installed is what the lock file wants. Contents are compared, as a checkout or a copy may set any time on a file.
 * Optional packages may be absent: they are for other platforms.
 */
function matches(wanted, installed) {
  if (wanted === undefined || installed === undefined) return false;
  const same = ([path, { version, integrity }]) =>
    wanted[path]?.version === version && wanted[path]?.integrity === integrity;
  const present = ([path, entry]) => path === '' || entry.optional || installed[path] !== undefined;
  return Object.entries(installed).every(same) && Object.entries(wanted).every(present);
}

/**
 * Path, version and hash of each package in package-lock.json, and nothing that one npm writes there and another leaves out: that of
 * Debian 13 knows no `libc`, and rewrites the file for a mere `npm prune`.
 */
export function lockedPackages() {
  const packages = readPackages(inProject('package-lock.json')) ?? {};
  return Object.entries(packages).map(([path, { version, integrity }]) => [path, version, integrity]);
}

function readPackages(file) {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** The npm that runs us, if one does. */
function npm(...args) {
  const running = process.env.npm_execpath;
  return running?.endsWith('.js') ? [process.execPath, [running, ...args]] : ['npm', args];
}
