import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

import { PART_NAMES, type Stack, type StackOptions, startStack } from '../../../local/stack/stack.ts';
import { isRunning, processesIn, rejection, scratchFolder } from '../scratch.ts';

const idle = fileURLToPath(new URL('../fixtures/idle-process.ts', import.meta.url));
const gateway = fileURLToPath(new URL('../fixtures/ready-gateway.ts', import.meta.url));
const entries = { component: idle, worker: idle, gateway };

describe('a stack', () => {
  const folder = scratchFolder();
  let stack: Stack | undefined;
  let count = 0;

  function options(more: Partial<StackOptions> = {}): StackOptions {
    count += 1;
    return { dataDir: join(folder.path, `data-${count}`), entries, ...more };
  }
  afterEach(async () => {
    await stack?.stop();
    stack = undefined;
  });
  after(() => folder.remove());

  it('tells its processes everything by their environment, and nothing of the launcher’s own', async () => {
    process.env.EARSHOT_LOG_LEVEL = 'trace';
    stack = await startStack(options({ policy: 'either', env: { EARSHOT_TOKEN_DAYS: '3' } }));
    delete process.env.EARSHOT_LOG_LEVEL;
    const env = (await (await fetch(stack.gatewayUrl)).json()) as Record<string, string>;
    expect(env).to.deep.equal(stack.env);
    expect(env).to.include({
      EARSHOT_REDIS_URL: stack.redis().url,
      EARSHOT_COMPONENT_SERVICE: `xmpp://127.0.0.1:${stack.server().componentPort}`,
      EARSHOT_COMPONENT_DOMAIN: 'tune.op.example',
      EARSHOT_HOME_HOST: 'op.example',
      EARSHOT_OPERATOR_KEY: stack.operatorKey,
      EARSHOT_POLICY: 'either',
      EARSHOT_TOKEN_DAYS: '3',
    });
    expect(env.EARSHOT_NUMBER_KEY).to.match(/^[0-9a-f]{64}$/);
  });

  it('can have each part killed and started again on the same port', async () => {
    stack = await startStack(options());
    for (const name of PART_NAMES) {
      const before = stack.part(name).pid;
      await stack.kill(name);
      expect(isRunning(before), name).to.equal(false);
      await stack.restart(name);
      expect(stack.part(name).pid, name).not.to.equal(before);
    }
    await stack.untilReady();
    expect(stack.env.EARSHOT_REDIS_URL).to.equal(stack.redis().url);
    expect(stack.xmpp.port).to.equal(stack.server().c2sPort);
  });

  it('leaves no process behind, however often it is stopped', async () => {
    const { stop, part } = await startStack(options());
    const pids = PART_NAMES.map((name) => part(name).pid);
    await Promise.all([stop(), stop()]);
    await stop();
    expect(pids.filter(isRunning)).to.deep.equal([]);
  });

  it('keeps its secrets from one run to the next', async () => {
    const same = options();
    const first = await startStack(same);
    await first.stop();
    stack = await startStack(same);
    expect(stack.env.EARSHOT_NUMBER_KEY).to.equal(first.env.EARSHOT_NUMBER_KEY);
    expect(stack.operatorKey).to.equal(first.operatorKey);
  });

  it('says which part failed, with its last log lines, and stops the others', async () => {
    // As the real gateway, this one is not ready without the others.
    const failing = options({ env: { EARSHOT_TEST_FAIL: 'yes', EARSHOT_TEST_UNREADY: 'yes' } });
    const error = await rejection(startStack(failing));
    expect(error.message).to.match(/^The (component|worker) ended by itself \(exit code 3\)/);
    expect(error.message).to.contain('the fixture was told to fail');
    expect(processesIn(failing.dataDir)).to.deep.equal([]);
  });

  it('says what is missing when it does not get ready', async () => {
    const unready = options({ env: { EARSHOT_TEST_UNREADY: 'yes' }, readyTimeoutMs: 10_000 });
    const error = await rejection(startStack(unready));
    expect(error).to.include({ code: 'TIMEOUT' });
    expect(error.message).to.contain('Earshot was not ready within 10 s: {"missing":["component"]}');
    expect(processesIn(unready.dataDir)).to.deep.equal([]);
  });

  it('does not run another XMPP server on a folder whose people have their accounts on the first', async () => {
    const used = options();
    mkdirSync(join(used.dataDir, 'prosody'), { recursive: true });
    const error = await rejection(startStack({ ...used, server: 'ejabberd' }));
    expect(error).to.include({ code: 'DATA_DIR' });
    expect(error.message).to.contain('an account on Prosody. To run ejabberd, choose another folder');
    expect(readdirSync(used.dataDir)).to.deep.equal(['logs', 'prosody']);
  });

  it('says which server failed when the data of one is broken, and stops the other', async () => {
    const broken = options();
    mkdirSync(broken.dataDir);
    writeFileSync(join(broken.dataDir, 'redis'), 'not a folder');
    const error = await rejection(startStack(broken));
    expect(error).to.include({ code: 'DATA_DIR' });
    expect(processesIn(broken.dataDir)).to.deep.equal([]);
  });

  it('gives up its start when told to', async () => {
    const early = options({ env: { EARSHOT_TEST_UNREADY: 'yes' }, signal: AbortSignal.timeout(1_000) });
    expect((await rejection(startStack(early))).name).to.equal('TimeoutError');
    expect(processesIn(early.dataDir)).to.deep.equal([]);
  });
});
