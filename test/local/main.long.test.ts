import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { findProgram } from '../../local/children/programs.ts';
import type { DemoSubscriber } from '../../local/demo/demo-store.ts';
import { freePort } from '../../local/ports.ts';
import { projectRoot } from '../../local/project-root.ts';
import { REDIS_PATIENCE } from '../support/eventually.ts';
import { processesIn, scratchFolder } from './scratch.ts';

/** What `ready.json` holds. */
interface Ready {
  gatewayUrl: string;
  operatorKey: string;
  xmpp: { host: string; port: number; domain: string };
  demo: DemoSubscriber[];
}

/** A launcher that was started by a test. */
interface Launcher {
  child: ChildProcess;
  output(): string;
  exitCode: Promise<number | null>;
}

describe('npm start', () => {
  const folder = scratchFolder();
  const dataDir = join(folder.path, 'data');
  const readyFile = join(dataDir, 'ready.json');
  const started: Launcher[] = [];
  let first: Ready;

  after(() => folder.remove());
  afterEach(async () => {
    for (const launcher of started.splice(0)) {
      launcher.child.kill('SIGTERM');
      await launcher.exitCode;
    }
  });

  function start(env: NodeJS.ProcessEnv = {}, args: readonly string[] = []): Launcher {
    // A Redis that others starve of the processor is not one that hangs.
    const patience = { EARSHOT_REDIS_PATIENCE_MS: REDIS_PATIENCE };
    const ports = { EARSHOT_HTTP_PORT: '0', EARSHOT_XMPP_PORT: '0', EARSHOT_DATA_DIR: dataDir, ...patience };
    const child = spawn(process.execPath, ['--import', 'tsx', join(projectRoot(), 'local', 'main.ts'), ...args], {
      env: { ...process.env, ...ports, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const exitCode = once(child, 'close').then(([code]) => code as number | null);
    const launcher = { child, output: () => output, exitCode };
    started.push(launcher);
    return launcher;
  }

  async function ready(launcher: Launcher, file = readyFile): Promise<Ready> {
    while (!launcher.output().includes('Earshot is ready')) {
      if (launcher.child.exitCode !== null) throw new Error(launcher.output());
      await delay(50);
    }
    return JSON.parse(readFileSync(file, 'utf8')) as Ready;
  }

  /** Three subscribers of the demo have each other as friends. */
  async function expectDemo({ demo, gatewayUrl }: Ready): Promise<void> {
    expect(demo).to.have.length(3);
    for (const { token, phoneNumber } of demo) {
      const headers = { authorization: `Bearer ${token}` };
      const answer = await fetch(`${gatewayUrl}/v1/subscribers/me/friends`, { headers });
      const { friends } = (await answer.json()) as { friends: { phoneNumber: string }[] };
      const others = demo.map((one) => one.phoneNumber).filter((number) => number !== phoneNumber);
      expect(friends.map((friend) => friend.phoneNumber)).to.have.members(others);
    }
  }

  async function expectEnd(launcher: Launcher): Promise<void> {
    launcher.child.kill('SIGTERM');
    expect(await launcher.exitCode).to.equal(0);
    expect(processesIn(folder.path)).to.deep.equal([]);
  }

  it('says when it is ready, and three friends have found each other', async () => {
    const launcher = start();
    first = await ready(launcher);
    expect(statSync(readyFile).mode & 0o777).to.equal(0o600);
    expect(first.xmpp).to.include({ host: '127.0.0.1', domain: 'op.example' });
    await expectDemo(first);
    await expectEnd(launcher);
    expect(existsSync(readyFile)).to.equal(false);
  });

  it('does so on ejabberd, too: --server ejabberd', async () => {
    const own = join(folder.path, 'on-ejabberd');
    const launcher = start({ EARSHOT_DATA_DIR: own }, ['--server', 'ejabberd']);
    await expectDemo(await ready(launcher, join(own, 'ready.json')));
    expect(launcher.output()).to.contain('Starting Redis, ejabberd and Earshot');
    await expectEnd(launcher);
  });

  it('finds its demo again, and the lines that it prints work when pasted', async function () {
    if (findProgram('curl') === undefined) this.skip();
    const launcher = start();
    const again = await ready(launcher);
    expect(again.demo).to.deep.equal(first.demo);
    expect(again.operatorKey).to.equal(first.operatorKey);
    expect(launcher.output()).to.contain(
      `Earshot is ready.\n\nOpen the page of Bob Chen:\n\n  ${again.gatewayUrl}/#token=${again.demo[1]?.token}\n`,
    );
    expect((await fetch(`${again.gatewayUrl}/`)).headers.get('content-type')).to.contain('text/html');
    const [play, watch] = await printedCommands(launcher);
    const friend = spawn('sh', ['-c', `exec ${watch}`], { stdio: ['ignore', 'pipe', 'ignore'] });
    let seen = '';
    friend.stdout.on('data', (chunk) => (seen += chunk));
    while (!seen.includes('event: friends')) await delay(20);
    const { stdout } = spawnSync('sh', ['-c', play], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).to.have.property('expiresAt');
    while (!/event: now-playing\ndata: .*Clair de lune/.test(seen)) await delay(20);
    friend.kill();
  });

  it('lets nobody else use its folder meanwhile, and takes Ctrl-C from the terminal and from npm for one', async () => {
    const launcher = start({ EARSHOT_DEMO: '0' });
    expect((await ready(launcher)).demo).to.deep.equal([]);
    const second = start();
    expect(await second.exitCode).to.equal(1);
    expect(second.output()).to.match(/^Earshot already runs on .* with EARSHOT_DATA_DIR\.\n$/);
    expect(existsSync(readyFile)).to.equal(true);
    launcher.child.kill('SIGINT');
    await delay(20);
    launcher.child.kill('SIGINT');
    expect(await launcher.exitCode).to.equal(0);
    expect(processesIn(folder.path)).to.deep.equal([]);
  });

  it('starts a process again that was killed', async () => {
    const launcher = start({ EARSHOT_DEMO: '0' });
    const { gatewayUrl } = await ready(launcher);
    const gateway = childrenOf(launcher).find((pid) => commandLineOf(pid).includes('gateway/main'));
    process.kill(Number(gateway), 'SIGKILL');
    while (!launcher.output().includes('The gateway ended by itself (SIGKILL)')) await delay(20);
    while (!(await isReady(gatewayUrl))) await delay(100);
  });

  it('leaves no process behind when it is killed itself, and starts again on the same folder at once', async () => {
    const launcher = start({ EARSHOT_DEMO: '0' });
    await ready(launcher);
    launcher.child.kill('SIGKILL');
    await launcher.exitCode;
    const next = start({ EARSHOT_DEMO: '0' });
    while (!next.output().includes('Earshot is ready')) await delay(50);
    next.child.kill('SIGTERM');
    expect(await next.exitCode).to.equal(0);
    expect(processesIn(folder.path)).to.deep.equal([]);
  });

  it('can be stopped in the middle of its start', async () => {
    const launcher = start();
    while (!launcher.output().includes('Starting Redis')) await delay(10);
    await delay(200);
    launcher.child.kill('SIGTERM');
    expect(await launcher.exitCode).to.equal(0);
    expect(processesIn(folder.path)).to.deep.equal([]);
  });

  it('says in one paragraph what is in its way', async () => {
    const port = await freePort();
    const squatter = createServer().listen(port, '127.0.0.1');
    writeFileSync(join(folder.path, 'a-file'), '');
    const cases: [NodeJS.ProcessEnv, RegExp][] = [
      [{ EARSHOT_HTTP_PORT: String(port) }, /^Port \d+ is needed for the HTTP API.*EARSHOT_HTTP_PORT\.$/],
      [{ EARSHOT_XMPP_PORT: String(port) }, /^Port \d+ is needed for XMPP clients.*EARSHOT_XMPP_PORT\.$/],
      [{ EARSHOT_HTTP_PORT: 'http' }, /^EARSHOT_HTTP_PORT must be a port/],
      [{ EARSHOT_DATA_DIR: join(folder.path, 'a-file') }, /^The folder .*a-file cannot be made or written \(E/],
      [{ EARSHOT_LOG_LEVEL: 'loud' }, /^The \w+ ended by itself \(exit code 1\)\. The last lines of its log:/],
    ];
    for (const [env, expected] of cases) {
      const launcher = start(env);
      expect(await launcher.exitCode).to.equal(1);
      const paragraph = launcher.output().replace('Starting Redis, Prosody and Earshot …\n', '').trim();
      expect(paragraph).to.match(expected);
      expect(paragraph).not.to.match(/^\s+at /m);
    }
    squatter.close();
    expect(processesIn(folder.path)).to.deep.equal([]);
  });
});

async function printedCommands(launcher: Launcher): Promise<[string, string]> {
  while (!launcher.output().includes('Ctrl-C ends everything')) await delay(20);
  const lines = launcher.output().split('\n');
  const commands = lines.map((line) => line.trim()).filter((line) => line.startsWith('curl '));
  expect(commands).to.have.length(2);
  return commands as [string, string];
}

async function isReady(gatewayUrl: string): Promise<boolean> {
  return fetch(`${gatewayUrl}/readyz`).then(
    (response) => response.ok,
    () => false,
  );
}

function childrenOf({ child }: Launcher): string[] {
  return readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
}

function commandLineOf(pid: string): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
}
