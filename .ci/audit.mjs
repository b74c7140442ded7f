// What is known of the libraries: that each is the one that was locked, and the weaknesses of those that run in
// production or are built into the page. A registry without an audit service is said and passed over.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Of the development packages, what ends up in people's browsers. */
const IN_THE_PAGE = ['preact'];

for (const lock of ['package-lock.json', 'clients/tools/package-lock.json']) {
  const unlocked = Object.entries(JSON.parse(readFileSync(lock, 'utf8')).packages)
    .filter(([path, { integrity }]) => path !== '' && !integrity)
    .map(([path]) => path);
  if (unlocked.length > 0)
    fail(`${lock} has no integrity for ${unlocked.join(', ')}: add it (npm view … dist.integrity).`);
}

const all = audit();
const production = audit('--omit=dev');
if (!all || !production) say('Libraries not audited: the registry has no audit service.');
else {
  const shipped = new Map([
    ...Object.entries(production),
    ...Object.entries(all).filter(([name]) => IN_THE_PAGE.includes(name)),
  ]);
  const grave = [...shipped.values()].filter(({ severity }) => severity === 'high' || severity === 'critical');
  say(`Libraries audited: ${grave.length} with high or critical weaknesses.`);
  if (grave.length > 0)
    fail(
      `${grave.map(({ name }) => name).join(', ')}: run npm audit to see why; update them, or say in docs/security.md why they do no harm.`,
    );
}

/** By package name; undefined without an audit service. */
function audit(...options) {
  const { stdout } = spawnSync('npm', ['audit', '--json', ...options], { encoding: 'utf8' });
  try {
    return JSON.parse(stdout).vulnerabilities;
  } catch {
    return undefined;
  }
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

function fail(line) {
  say(line);
  process.exitCode = 1;
}
