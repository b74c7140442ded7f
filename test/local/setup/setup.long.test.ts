import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';

import { findProgram } from '../../../local/children/programs.ts';
import { projectRoot } from '../../../local/project-root.ts';
import { scratchFolder } from '../scratch.ts';

describe('the setup', () => {
  const folder = scratchFolder();
  const project = join(folder.path, 'project');
  const fakeNpm = join(folder.path, 'npm.js');
  const lock = { packages: { '': {}, 'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' } } };

  /** A checkout with one source file whose npm packages are the real project's. */
  before(() => {
    chmodSync(folder.path, 0o755);
    cpSync(join(projectRoot(), 'local', 'setup'), join(project, 'local', 'setup'), { recursive: true });
    cpSync(join(projectRoot(), 'local', 'setup.mjs'), join(project, 'local', 'setup.mjs'));
    mkdirSync(join(project, 'node_modules'));
    mkdirSync(join(project, 'cli'));
    for (const name of ['esbuild', 'typescript', '@jridgewell'])
      symlinkSync(join(projectRoot(), 'node_modules', name), join(project, 'node_modules', name));
    writeJson('package.json', { type: 'module' });
    writeJson('tsconfig.json', { compilerOptions: { noEmit: true, types: [] }, include: ['cli'] });
    writeJson('package-lock.json', lock);
    writeJson('node_modules/.package-lock.json', lock);
    writeFileSync(join(project, 'cli', 'main.ts'), 'export const one = 1;\n');
    writeFileSync(fakeNpm, 'console.log("npm", ...process.argv.slice(2)); process.exit(1);\n');
  });
  after(() => folder.remove());

  function writeJson(file: string, value: unknown): void {
    writeFileSync(join(project, file), JSON.stringify(value));
  }

  function setup(args: string[] = [], env: NodeJS.ProcessEnv = process.env): SpawnSyncReturns<string> {
    const script = join(project, 'local', 'setup.mjs');
    const [program, ...rest] = [...asNobody(env), process.execPath, script, ...args] as [string, ...string[]];
    return spawnSync(program, rest, { encoding: 'utf8', env: { ...env, npm_execpath: fakeNpm } });
  }

  it('builds what was never built, and what changed since', () => {
    expect(setup()).to.include({ stdout: 'Building …\n', stderr: '', status: 0 });
    expect(existsSync(join(project, 'dist', 'cli', 'main.js'))).to.equal(true);
    expect(setup().stdout).to.equal('');
    writeFileSync(join(project, 'cli', 'two.ts'), 'export const two = 2;\n');
    expect(setup().stdout).to.equal('Building …\n');
    rmSync(join(project, 'cli', 'two.ts'));
    expect(setup().stdout).to.equal('Building …\n');
  });

  it('says nothing and does nothing when all is there', () => {
    const built = () => statSync(join(project, 'dist', '.built-from')).mtimeMs;
    const before = built();
    expect(setup()).to.include({ stdout: '', stderr: '', status: 0 });
    expect(built()).to.equal(before);
  });

  it('builds the page with the rest, and anew when its sources changed', () => {
    const page = (file: string) => join(project, 'web', file);
    mkdirSync(page('styles'), { recursive: true });
    writeFileSync(
      page('index.html'),
      '<link href="/page/page.css"><link href="/page/icon.svg"><script src="/page/main.js"></script>',
    );
    writeFileSync(page('styles/page.css'), 'a { color: red }');
    writeFileSync(page('icon.svg'), '<svg/>');
    writeFileSync(page('main.tsx'), 'document.title = "one";');
    expect(setup()).to.include({ stdout: 'Building …\n', stderr: '', status: 0 });
    const first = readFileSync(join(project, 'dist', 'web', 'index.html'), 'utf8');
    const names = [...first.matchAll(/\/page\/[a-z]+-[A-Z0-9]{8}\.(css|svg|js)/g)].map(([name]) => name);
    expect(names).to.have.length(3);
    for (const name of names) expect(existsSync(join(project, 'dist', 'web', name)), name).to.equal(true);
    expect(setup().stdout).to.equal('');
    writeFileSync(page('main.tsx'), 'document.title = "another";');
    expect(setup().stdout).to.equal('Building …\n');
    expect(readFileSync(join(project, 'dist', 'web', 'index.html'), 'utf8')).to.not.equal(first);
    rmSync(page(''), { recursive: true });
  });

  it('does not take a failed build for a build', () => {
    writeFileSync(join(project, 'cli', 'two.ts'), 'export const two: string = 2;\n');
    const failed = setup();
    expect(failed.status).to.equal(1);
    expect(failed.stderr).to.equal('\nThe build failed: see above.\n\n');
    expect(setup().status).to.equal(1);
    rmSync(join(project, 'cli', 'two.ts'));
    expect(setup().status).to.equal(0);
  });

  it('installs the npm packages of the lock file when there are none, or others', () => {
    const other = { packages: { 'node_modules/a': { version: '1.0.1', integrity: 'sha512-b' } } };
    for (const installed of [undefined, { packages: {} }, other]) {
      rmSync(join(project, 'node_modules', '.package-lock.json'), { force: true });
      if (installed !== undefined) writeJson('node_modules/.package-lock.json', installed);
      const { stdout, stderr, status } = setup();
      expect(stdout).to.contain('Installing npm packages (npm ci) …').and.to.contain('npm ci --include=dev');
      expect(stderr).to.match(/npm ci failed: see above/);
      expect(status).to.equal(1);
    }
    writeJson('node_modules/.package-lock.json', lock);
    expect(setup().status).to.equal(0);
  });

  it('names the missing packages and the command that installs them when it may not', () => {
    const { stderr, status } = setup(['--test'], { PATH: onlyPrograms('apt-get', 'tmux') });
    expect(status).to.equal(1);
    expect(stderr).to.match(
      /needs these packages.*may not install them: prosody (prosody-modules )?redis-server openssl ejabberd poezio radicale xandikos (php-sabre-dav )?(php-sqlite3 )?mpd mpdscribble mpc prometheus (nginx )?caddy systemd-container (debootstrap )?buildah podman faketime chromium (kamailio )?(kamailio-presence-modules )?(kamailio-tls-modules )?sip-tester baresip\./,
    );
    expect(stderr).to.match(/sudo apt-get update && sudo apt-get install -y --no-install-recommends prosody/);
    expect(stderr).to.contain(
      'sudo systemctl disable --now prosody redis-server ejabberd epmd.socket epmd radicale mpd mpdscribble',
    );
    expect(stderr).not.to.contain('    at ');
  });

  it('wants the XMPP server that is to be run, and no other', () => {
    const missing = (...args: string[]) => {
      const { stderr } = setup(args, { PATH: onlyPrograms('apt-get') });
      return /may not install them: ([^.]*)\./.exec(stderr)?.[1]?.split(' ');
    };
    expect(missing()).to.include.members(['prosody', 'redis-server']);
    expect(missing('--server', 'prosody')).to.deep.equal(missing());
    expect(missing('--server=prosody')).to.deep.equal(missing());
    expect(missing('--server', 'ejabberd')).to.deep.equal(['ejabberd', 'redis-server', 'openssl']);
    expect(missing('--server', 'another')).to.deep.equal(['redis-server', 'openssl']);
    expect(missing('--server=another')).to.deep.equal(['redis-server', 'openssl']);
  });

  it('says what it needs on a system without apt-get', () => {
    const { stderr, status } = setup([], { PATH: onlyPrograms() });
    expect(status).to.equal(1);
    expect(stderr).to.contain('there is no apt-get').and.to.contain('mod_privilege');
  });

  it('only looks, as a user who may change nothing, where the operator’s own servers are used', () => {
    const check = () => setup(['--check', 'cli'], { PATH: onlyPrograms('apt-get') });
    expect(setup(['--build'])).to.include({ stdout: '', stderr: '', status: 0 });
    expect(check()).to.include({ stdout: '', stderr: '', status: 0 });
    // As in a copy of the folder, and with other packages than those of the lock file.
    const now = new Date();
    utimesSync(join(project, 'cli', 'main.ts'), now, now);
    writeJson('node_modules/.package-lock.json', { packages: {} });
    expect(check()).to.include({ stdout: '', stderr: '', status: 0 });
    writeJson('node_modules/.package-lock.json', lock);
    // As `npm prune` leaves it where another npm has written it.
    const { '': root, 'node_modules/a': one } = lock.packages;
    writeJson('package-lock.json', { packages: { '': root, 'node_modules/a': { ...one, libc: ['glibc'] } } });
    expect(check()).to.include({ stdout: '', stderr: '', status: 0 });
    writeJson('package-lock.json', { packages: { '': root, 'node_modules/a': { ...one, version: '1.0.1' } } });
    expect(check().stderr).to.contain('What is built in dist/ is not of these sources.');
    writeJson('package-lock.json', lock);
    writeFileSync(join(project, 'cli', 'two.ts'), 'export const two = 2;\n');
    expect(check().stderr).to.contain('What is built in dist/ is not of these sources.').and.contain('npm run build');
    rmSync(join(project, 'cli', 'two.ts'));
    rmSync(join(project, 'dist', 'cli', 'main.js'));
    expect(check()).to.include({ stdout: '', status: 1 });
    expect(check().stderr).to.contain('Earshot is not built.');
    setup(['--build']);
  });

  it('refuses a Node.js that is too old', () => {
    const module = pathToFileURL(join(project, 'local', 'setup', 'node-version.mjs')).href;
    const script = `import { requireNode } from '${module}';
      for (const version of ['20.18.3', '18.19.0', '20.19.0', '22.0.0']) {
        try { requireNode(version); console.log('takes', version); } catch (error) { console.log(error.message); }
      }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(stdout.trim().split('\n')).to.deep.equal([
      'Earshot needs Node.js 20.19 or newer, and this is 20.18.3. See https://nodejs.org/en/download',
      'Earshot needs Node.js 20.19 or newer, and this is 18.19.0. See https://nodejs.org/en/download',
      'takes 20.19.0',
      'takes 22.0.0',
    ]);
  });

  it('has a shell script that the shell understands', () => {
    const script = join(project, 'local', 'setup', 'install-packages.sh');
    expect(spawnSync('sh', ['-n', script]).status).to.equal(0);
    expect(readFileSync(script, 'utf8')).to.match(/^#!\/bin\/sh\n/);
  });

  /** A folder for the PATH with nothing but these programs, real or not: they are not to be run. */
  function onlyPrograms(...names: string[]): string {
    const path = join(folder.path, `path-${names.join('-')}`);
    mkdirSync(path, { recursive: true });
    for (const name of names) writeFileSync(join(path, name), '#!/bin/sh\nexit 9\n', { mode: 0o755 });
    return path;
  }

  /** The words that take root's rights away, when the PATH is not the usual one. */
  function asNobody(env: NodeJS.ProcessEnv): string[] {
    const setpriv = findProgram('setpriv');
    if (env === process.env || process.getuid?.() !== 0 || setpriv === undefined) return [];
    return [setpriv, '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  }
});
